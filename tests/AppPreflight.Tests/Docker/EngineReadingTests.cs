using NUnit.Framework;

namespace AppPreflight.Docker;

internal sealed class EngineReadingTests
{
    [TestCase("False", "kelvin")]
    [TestCase("True", null, Description = "made by docker-compose run")]
    [TestCase(null, "kelvin")]
    public void Tells_a_service_s_own_containers_by_the_labels_of_compose(string? oneoff, string? project)
    {
        var labels = new Dictionary<string, string?> { ["com.docker.compose.project"] = "kelvin", ["com.docker.compose.service"] = "web", ["com.docker.compose.oneoff"] = oneoff };
        var use = EngineReading.Use(new("c1", ["/kelvin_web_1"], "sha256:0", "running", labels));
        Assert.That((use.Project, use.Service), Is.EqualTo((project, "web")));
        use = EngineReading.Use(new("c1", ["/kelvin_web_1"], "sha256:0", "running", Labels: null));
        Assert.That((use.Project, use.Service), Is.EqualTo(((string?)null, (string?)null)));
    }
}
