using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class RealmPolicyTests
{
    private const string Credentials = nameof(RealmTrust.Credentials);
    private const string Anonymous = nameof(RealmTrust.Anonymous);
    private const string Refused = nameof(RealmTrust.Refused);

    [TestCase("https://reg.example.org", "https://reg.example.org/token", Credentials)]
    [TestCase("https://reg.example.org", "https://REG.example.org./token", Credentials)]
    [TestCase("https://reg.example.org:5000", "https://reg.example.org:5000/token", Credentials)]
    [TestCase("https://reg.example.org:5000", "https://reg.example.org/token", Credentials)]
    [TestCase("https://reg.example.org", "https://reg.example.org:8443/token", Anonymous)]
    [TestCase("https://registry-1.docker.io", "https://auth.docker.io/token", Credentials)]
    [TestCase("https://reg.example.org", "https://auth.docker.io/token", Anonymous)]
    [TestCase("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", Credentials)]
    [TestCase("https://gitlab.com", "https://registry.gitlab.com/jwt/auth", Anonymous)]
    [TestCase("https://registry.co", "https://co/token", Anonymous)]
    [TestCase("https://registry.co.uk", "https://auth.co.uk/token", Anonymous)]
    [TestCase("https://reg.example.org", "https://evil-example.org/token", Anonymous)]
    [TestCase("https://evilexample.org", "https://example.org/token", Anonymous)]
    [TestCase("https://reg.example.org", "http://reg.example.org/token", Refused)]
    [TestCase("https://reg.example.org", "ftp://reg.example.org/token", Refused)]
    [TestCase("https://reg.example.org", "file:///etc/passwd", Refused)]
    [TestCase("https://reg.example.org", "https://user:pw@reg.example.org/token", Refused)]
    [TestCase("https://reg.example.org", "https://reg.example.org@evil.org/token", Refused)]
    [TestCase("https://reg.example.org", "https://reg.example.org/#x", Refused)]
    [TestCase("https://reg.example.org", "/token", Refused)]
    [TestCase("https://reg.example.org", "", Refused)]
    [TestCase("https://reg.example.org", "https://127.0.0.1/token", Refused)]
    [TestCase("https://reg.example.org", "https://[::1]/token", Refused)]
    [TestCase("https://reg.example.org", "https://[::ffff:10.0.0.1]/token", Refused)]
    [TestCase("https://reg.example.org", "https://169.254.169.254/latest", Refused)]
    [TestCase("https://reg.example.org", "https://localhost/token", Refused)]
    [TestCase("http://127.0.0.1:5000", "http://127.0.0.1:5000/token", Credentials)]
    [TestCase("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", Anonymous)]
    [TestCase("http://127.0.0.1:5000", "http://127.0.0.2:5000/token", Anonymous)]
    [TestCase("http://10.0.0.5:5000", "https://10.0.0.5/token", Credentials)]
    [TestCase("http://10.0.0.5:5000", "http://169.254.169.254/latest", Anonymous)]
    public void Decides_who_may_see_a_password(string registry, string realm, string trust)
    {
        Assert.That(RealmPolicy.Judge(new(registry), realm).ToString(), Is.EqualTo(trust));
    }
}
