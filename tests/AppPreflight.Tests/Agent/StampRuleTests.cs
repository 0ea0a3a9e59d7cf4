using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class StampRuleTests
{
    private const string Installed = "appcenter/apps/a/status: installed\nappcenter/apps/a/version: 1\nappcenter/apps/b/status: installed\nappcenter/apps/b/version: 7";

    private StampRule rule;
    private TimeSpan now;

    [SetUp]
    public void StartWithTwoApps()
    {
        rule = new(new("c", Installed, "f"));
        now = TimeSpan.Zero;
    }

    private StampNews Look(string caches = "c", string keys = Installed, string config = "f")
    {
        now += Heartbeat.Period;
        return rule.Look(new(caches, keys, config), now);
    }

    [Test]
    public void Says_nothing_of_how_things_were_at_the_start()
    {
        for (var i = 0; i < 5; i++) Assert.That((Look().Triggers.Count, Look().Config), Is.EqualTo((0, false)));
    }

    [Test]
    public void Makes_one_trigger_of_an_unpacking_that_takes_many_looks()
    {
        var triggers = Enumerable.Range(0, 12).SelectMany(i => Look(caches: $"c{i}").Triggers).ToList();
        Assert.That(triggers, Is.Empty, "while it goes on");
        triggers.AddRange(Enumerable.Range(0, 12).SelectMany(_ => Look(caches: "c11").Triggers));
        Assert.That(triggers, Is.EqualTo(new[] { new Trigger("the App Center's cache or apps.d changed", null) }));
    }

    [Test]
    public void Tells_of_what_never_settles_every_two_minutes()
    {
        var told = Enumerable.Range(0, 72).Count(i => Look(caches: $"c{i}").Triggers.Count > 0);
        Assert.That(told, Is.EqualTo(2), "6 minutes of unrest: after 2 and after 4, the next would be due at 6:05");
    }

    [Test]
    public void Says_nothing_of_a_change_that_was_taken_back()
    {
        Look(caches: "other");
        Assert.That(Look().Triggers.Concat(Look().Triggers).Concat(Look().Triggers), Is.Empty);
    }

    [Test]
    public void Tells_of_a_change_after_one_that_was_forced()
    {
        for (var i = 0; i < 30; i++) Look(caches: $"c{i}");
        Assert.That(Look(caches: "last").Triggers.Concat(Look(caches: "last").Triggers).Count(), Is.EqualTo(1));
        Assert.That(Look(caches: "last").Triggers, Is.Empty);
    }

    [TestCase("appcenter/apps/a/version: 2", "the installed version changed", "a")]
    [TestCase("appcenter/apps/a/version: 1\nappcenter/apps/a/update/available: yes", "an update is available", "a")]
    [TestCase("appcenter/apps/a/version: 1\nappcenter/apps/a/update/available: no", "an update is no longer offered", "a")]
    public void Names_the_app_whose_keys_changed_and_no_other(string keys, string why, string app)
    {
        var changed = Installed.Replace("appcenter/apps/a/version: 1", keys);
        Look(keys: changed);
        Assert.That(Look(keys: changed).Triggers, Is.EqualTo(new[] { new Trigger(why, app) }));
    }

    [Test]
    public void Tells_of_each_app_whose_version_changed()
    {
        var changed = Installed.Replace(": 1", ": 2").Replace(": 7", ": 8");
        Look(keys: changed);
        Assert.That(Look(keys: changed).Triggers.Select(trigger => trigger.App), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void Tells_of_an_app_that_is_new()
    {
        var changed = Installed + "\nappcenter/apps/n/status: installed\nappcenter/apps/n/version: 1";
        Look(keys: changed);
        Assert.That(Look(keys: changed).Triggers, Is.EqualTo(new[] { new Trigger("the installed version changed", "n") }));
    }

    [Test]
    public void Looks_at_all_apps_once_when_some_are_gone()
    {
        Look(keys: "");
        Assert.That(Look(keys: "").Triggers, Is.EqualTo(new[] { new Trigger("an app was removed", null) }));
    }

    [Test]
    public void Says_nothing_of_an_app_that_is_not_installed()
    {
        var changed = Installed + "\nappcenter/apps/n/update/available: yes\nappcenter/apps/n/version: 1";
        Look(keys: changed);
        Assert.That(Look(keys: changed).Triggers, Is.Empty);
    }

    [Test]
    public void Looks_at_all_apps_when_the_registry_cannot_be_read()
    {
        Look(keys: "! line 3 is not UTF-8");
        Assert.That(Look(keys: "! line 3 is not UTF-8").Triggers.Select(trigger => trigger.App), Is.EqualTo(new string?[] { null }));
        Look();
        Assert.That(Look().Triggers.Select(trigger => trigger.App), Is.EqualTo(new string?[] { null }));
    }

    [Test]
    public void Tells_of_the_configuration_apart_from_the_rest()
    {
        Look(config: "g");
        var news = Look(config: "g");
        Assert.That((news.Config, news.Triggers.Count), Is.EqualTo((true, 0)));
        Assert.That(Look(config: "g").Config, Is.False);
    }

    [Test]
    public void Looks_at_all_apps_only_when_caches_and_keys_settle_together()
    {
        var changed = Installed.Replace(": 1", ": 2");
        Look(caches: "d", keys: changed, config: "g");
        var news = Look(caches: "d", keys: changed, config: "g");
        Assert.That((news.Config, news.Triggers.Single().App), Is.EqualTo((true, (string?)null)));
    }
}
