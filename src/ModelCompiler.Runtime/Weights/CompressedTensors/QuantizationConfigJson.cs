using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelCompiler.Runtime.Weights.CompressedTensors;

/// <summary>Reads and writes <see cref="QuantizationConfig"/> as the <c>quantization_config</c> object of config.json.</summary>
internal static class QuantizationConfigJson
{
    public const string PropertyName = "quantization_config";

    /// <summary>Reads the config of a model folder's <c>config.json</c>; null if the model is not quantized.</summary>
    /// <param name="path">Named in errors.</param>
    /// <param name="root">The root object of <c>config.json</c>.</param>
    /// <exception cref="QuantizationConfigException">The config is of another format, or says what cannot be run.</exception>
    public static QuantizationConfig? Read(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new QuantizationConfigException(path, "config", "an object", root.ValueKind.ToString());
        if (!root.TryGetProperty(PropertyName, out JsonElement config) || config.ValueKind == JsonValueKind.Null)
            return null;
        var at = new Place(path, PropertyName, config);
        at.RequireText("quant_method", QuantizationConfig.Method);
        at.RequireText("format", QuantizationConfig.Format);
        at.RequireAbsent("kv_cache_scheme");
        Place groups = at.Child("config_groups");
        if (groups.Value.ValueKind != JsonValueKind.Object)
            throw groups.Fail("an object of groups");
        return new QuantizationConfig(
            [.. groups.Value.EnumerateObject().Select(group => ReadGroup(groups.Child(group.Name), group.Name))],
            at.Has("ignore") ? ReadTargets(at.Child("ignore")) : []);
    }

    /// <summary>The object to store as <c>quantization_config</c>.</summary>
    public static JsonObject Write(QuantizationConfig config)
    {
        var groups = new JsonObject();
        foreach (QuantizationGroup group in config.Groups)
        {
            groups.Add(group.Name, new JsonObject
            {
                ["input_activations"] = group.InputActivations is { } inputs ? WriteArguments(inputs) : null,
                ["output_activations"] = null,
                ["targets"] = new JsonArray([.. group.Targets.Select(target => (JsonNode)target)]),
                ["weights"] = WriteArguments(group.Weights),
            });
        }

        return new JsonObject
        {
            ["config_groups"] = groups,
            ["format"] = QuantizationConfig.Format,
            ["ignore"] = new JsonArray([.. config.Ignore.Select(target => (JsonNode)target)]),
            ["kv_cache_scheme"] = null,
            ["quant_method"] = QuantizationConfig.Method,
            ["quantization_status"] = "compressed",
        };
    }

    private static QuantizationGroup ReadGroup(Place group, string name)
    {
        group.RequireAbsent("output_activations");
        QuantizationArguments weights = ReadArguments(group.Child("weights"));
        if (weights.Dynamic || weights.Strategy is not (QuantizationStrategy.Channel or QuantizationStrategy.Group))
            throw group.Child("weights").Fail("static weights with strategy channel or group");
        QuantizationArguments? inputs = group.Has("input_activations")
            ? ReadArguments(group.Child("input_activations"))
            : null;
        if (inputs is not null && inputs.Strategy != (inputs.Dynamic ? QuantizationStrategy.Token : QuantizationStrategy.Tensor))
            throw group.Child("input_activations").Fail("strategy token if dynamic, tensor if static");
        return new QuantizationGroup(name, ReadTargets(group.Child("targets")), weights, inputs);
    }

    private static QuantizationArguments ReadArguments(Place at)
    {
        if (at.Has("type"))
            at.RequireText("type", "int");
        at.RequireAbsent("actorder");
        int bits = at.Child("num_bits").Integer();
        if (bits is not (4 or 8))
            throw at.Child("num_bits").Fail("4 or 8");
        bool grouped = at.Has("group_size") && at.Child("group_size").Integer() > 0; // older files write -1 for none
        int? groupSize = grouped ? at.Child("group_size").Integer() : null;
        QuantizationStrategy strategy = ReadStrategy(at, grouped);
        if (grouped != (strategy == QuantizationStrategy.Group))
            throw at.Child("strategy").Fail(grouped ? "group, because there is a group_size" : "no group without group_size");
        return new QuantizationArguments(
            bits,
            !at.Has("symmetric") || at.Child("symmetric").Boolean(),
            strategy,
            groupSize,
            at.Has("dynamic") && at.Child("dynamic").Boolean());
    }

    private static QuantizationStrategy ReadStrategy(Place at, bool grouped)
    {
        if (!at.Has("strategy"))
            return grouped ? QuantizationStrategy.Group : QuantizationStrategy.Tensor; // the format's default
        Place strategy = at.Child("strategy");
        return strategy.Text() switch
        {
            "tensor" => QuantizationStrategy.Tensor,
            "channel" => QuantizationStrategy.Channel,
            "group" => QuantizationStrategy.Group,
            "token" => QuantizationStrategy.Token,
            _ => throw strategy.Fail("tensor, channel, group or token"),
        };
    }

    private static ImmutableArray<string> ReadTargets(Place at)
    {
        if (at.Value.ValueKind != JsonValueKind.Array)
            throw at.Fail("an array of names");
        return [.. at.Value.EnumerateArray().Select(element => ReadTarget(at, element))];
    }

    private static string ReadTarget(Place at, JsonElement element)
    {
        string target = new Place(at.Path, $"{at.Name} entry", element).Text();
        if (!target.StartsWith(QuantizationConfig.PatternPrefix, StringComparison.Ordinal))
            return target;
        try
        {
            QuantizationConfig.Compile(target);
            return target;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new QuantizationConfigException(
                at.Path, at.Name, "a regular expression that needs no backtracking", $"'{target}'", e);
        }
    }

    private static JsonObject WriteArguments(QuantizationArguments arguments) => new()
    {
        ["dynamic"] = arguments.Dynamic,
        ["group_size"] = arguments.GroupSize,
        ["num_bits"] = arguments.Bits,
        ["strategy"] = arguments.Strategy.ToString().ToLowerInvariant(),
        ["symmetric"] = arguments.Symmetric,
        ["type"] = "int",
    };

    // A value of the document and the way to it.
    private readonly record struct Place(string Path, string Name, JsonElement Value)
    {
        public bool Has(string property) =>
            Value.ValueKind == JsonValueKind.Object
            && Value.TryGetProperty(property, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null;

        public Place Child(string property)
        {
            if (Value.ValueKind != JsonValueKind.Object)
                throw Fail("an object");
            return Value.TryGetProperty(property, out JsonElement value)
                ? new Place(Path, $"{Name}.{property}", value)
                : throw new QuantizationConfigException(Path, Name, $"'{property}'", "nothing");
        }

        public void RequireText(string property, string expected)
        {
            Place child = Child(property);
            if (child.Text() != expected)
                throw child.Fail($"'{expected}'");
        }

        public void RequireAbsent(string property)
        {
            if (Has(property))
                throw Child(property).Fail("null: nothing else can be run");
        }

        public string Text()
        {
            if (Value.ValueKind != JsonValueKind.String)
                throw Fail("a string");
            try
            {
                return Value.GetString()!;
            }
            catch (InvalidOperationException e)
            {
                throw new QuantizationConfigException(Path, Name, "text", "an escape that is no character", e);
            }
        }

        public int Integer() =>
            Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out int value)
                ? value
                : throw Fail("a whole number");

        public bool Boolean() =>
            Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? Value.GetBoolean() : throw Fail("true or false");

        public QuantizationConfigException Fail(string expected)
        {
            string found = Value.GetRawText();
            return new QuantizationConfigException(Path, Name, expected, found.Length > 80 ? found[..80] + "…" : found);
        }
    }
}
