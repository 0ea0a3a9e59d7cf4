namespace AppPreflight.AppCenter;

/// <summary>Whose YAML: the same file is read by two programs that disagree.</summary>
internal enum YamlDialect
{
    /// <summary>The App Center: ruamel.yaml 0.17.21, round-trip loader, YAML 1.2.</summary>
    AppCenter,

    /// <summary>The same loader below a <c>%YAML 1.1</c> directive.</summary>
    AppCenterDirective11,

    /// <summary>docker-compose 1.29.2: PyYAML's safe loader, YAML 1.1.</summary>
    ComposeTool,
}
