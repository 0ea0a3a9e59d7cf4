using NUnit.Framework;

namespace AppPreflight.Docker;

internal sealed class DockerHostTests
{
    [Test]
    public void Takes_a_unix_socket_by_its_absolute_path()
    {
        var host = DockerHost.Parse("unix:///var/run/docker.sock");
        Assert.That((host.SocketPath, host.ToString()), Is.EqualTo(("/var/run/docker.sock", "unix:///var/run/docker.sock")));
    }

    [TestCase("tcp://127.0.0.1:2376", "http://127.0.0.1:2376/")]
    [TestCase("tcp://engine", "http://engine:2375/")]
    [TestCase("tcp://[::1]:80/", "http://[::1]/")]
    [TestCase("http://engine:80", "http://engine/")]
    public void Takes_plain_tcp_with_dockers_port_when_none_is_given(string text, string address)
    {
        var host = DockerHost.Parse(text);
        Assert.That((host.SocketPath, host.Address.ToString()), Is.EqualTo(((string?)null, address)));
    }

    [TestCase("", "does not begin with")]
    [TestCase("/var/run/docker.sock", "does not begin with")]
    [TestCase("unix://docker.sock", "absolute path")]
    [TestCase("https://engine:2376", "TLS")]
    [TestCase("ssh://root@engine", "ssh://")]
    [TestCase("npipe:////./pipe/docker", "npipe://")]
    [TestCase("tcp://", "HOST:PORT")]
    [TestCase("tcp://user:password@engine:1", "HOST:PORT")]
    [TestCase("tcp://engine:1/path", "HOST:PORT")]
    [TestCase("tcp://engine:99999", "HOST:PORT")]
    public void Says_what_is_wrong_with_any_other(string text, string why) =>
        Assert.That(() => DockerHost.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(why).And.Message.Contains("unix:///var/run/docker.sock"));

    [Test]
    public void Refuses_a_socket_path_that_no_socket_can_have() =>
        Assert.That(() => DockerHost.Parse("unix:///" + new string('x', 107)), Throws.TypeOf<FormatException>().With.Message.Contains("107 bytes"));
}
