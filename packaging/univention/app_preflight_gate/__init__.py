"""What AppPreflight adds to Univention's App Center and management console; needs Python 3.9 and nothing but its library.

Installed as /usr/lib/python3/dist-packages/app_preflight_gate/. Nothing here is imported but by AppPreflight's action
module, diagnostic plugin and self-test.
"""
