import os


class Locale:
    language = os.environ.get('STANDIN_LANGUAGE', 'en')


class Translation:
    locale = Locale()
