using System.Net;
using System.Net.Sockets;
using AppPreflight.Images;
using NUnit.Framework;

namespace AppPreflight.Docker;

internal sealed class DockerErrorsTests
{
    private static readonly DockerHost host = DockerHost.Parse("unix:///run/x.sock");

    [TestCase(SocketError.AccessDenied, Fault.Denied, "no permission for the Docker engine at unix:///run/x.sock: run as root or join the group docker")]
    [TestCase(SocketError.ConnectionRefused, Fault.Unreachable, "the Docker engine does not answer at unix:///run/x.sock: is docker.service running?")]
    [TestCase(SocketError.AddressNotAvailable, Fault.Unreachable, "the Docker engine does not answer at unix:///run/x.sock: is docker.service running?")]
    public void Says_what_to_do_when_there_is_no_connection(SocketError error, Fault fault, string message)
    {
        var exception = DockerErrors.OfConnection(host, new HttpRequestException("x", new SocketException((int)error)));
        Assert.That((exception.Fault, exception.Message), Is.EqualTo((fault, message)));
    }

    [TestCase(HttpStatusCode.NotFound, "No such image: a", Fault.Missing)]
    [TestCase(HttpStatusCode.Conflict, "conflict: unable to delete a", Fault.Refused)]
    [TestCase(HttpStatusCode.Forbidden, "authorization denied by plugin", Fault.Denied)]
    [TestCase(HttpStatusCode.BadRequest, "client version 1.60 is too new. Maximum supported API version is 1.41", Fault.Unsupported)]
    [TestCase(HttpStatusCode.InternalServerError, "whatever", Fault.Refused)]
    public void Hands_on_the_engines_sentence_with_its_kind(HttpStatusCode status, string sentence, Fault fault)
    {
        var exception = DockerErrors.OfStatus(status, sentence, "remove a");
        Assert.That((exception.Fault, exception.Message), Is.EqualTo((fault, "the engine would not remove a: " + sentence)));
    }

    [Test]
    public void Keeps_a_sentence_short_and_fit_for_a_terminal() =>
        Assert.That(DockerErrors.Clean(" a\u001b[31m\r\nb" + new string('x', 1000)), Has.Length.LessThan(610).And.Not.Contains("\u001b"));
}
