using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tuning;

/// <summary>
/// What <c>modelc tune</c> measured on one GPU: which candidate is the fastest for each work and bucket. Immutable and equal
/// by value. It never decides alone: what it does not know, or names and no longer exists, the rules decide.
/// </summary>
/// <param name="Stamp">What it was measured with.</param>
/// <param name="Entries">Better candidates than the rules'; a work has at most one at each bucket.</param>
/// <param name="Strategies">Fastest precisions.</param>
/// <param name="Encoders">Times of whole encoders with and without the entries.</param>
public sealed record TuningDatabase(
    TuningStamp Stamp, EquatableArray<TuningEntry> Entries, EquatableArray<TuningStrategy> Strategies = default,
    EquatableArray<TuningEncoder> Encoders = default)
{
    /// <summary>Version of the file's schema; readers refuse others.</summary>
    public const int SchemaVersion = 2;

    /// <summary>End of the names of AdditionalFiles that hold one.</summary>
    public const string FileSuffix = ".tuning.json";

    /// <summary>
    /// A bucket without an entry borrows that of the nearest one within this factor, up or down: the same tiles then fill
    /// the chip about as well.
    /// </summary>
    public const double NearestFactor = 2;

    /// <summary>True for the path of a database.</summary>
    public static bool IsDatabase(string path) => path.EndsWith(FileSuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a database. Deterministic and total: it never throws on a wrong one.</summary>
    public static TuningDatabaseResult Parse(string json) => TuningDatabaseParser.Parse(json);

    /// <summary>The text of the file: an entry a line, so that versions compare well.</summary>
    public string ToJson() => TuningDatabaseWriter.Write(this);

    /// <summary>
    /// How many of all entries and strategies are left aside because kernels have changed since, and which kinds of kernels
    /// those are; null where none is.
    /// </summary>
    public (int Stale, int All, string Kinds)? StaleNote
    {
        get
        {
            TuningMeasurement[] all = [.. Entries, .. Strategies], stale = [.. all.Where(m => !m.IsCurrent)];
            IEnumerable<string> kinds = stale.SelectMany(m => m.Kernels).Where(v => !KernelVersion.IsCurrent(v)).Select(KernelVersion.KindOf);
            return stale.Length == 0 ? null : (stale.Length, all.Length, string.Join(", ", kinds.Distinct().OrderBy(k => k, StringComparer.Ordinal)));
        }
    }

    /// <summary>
    /// The entry of a work for a bucket: its own, else that of the nearest bucket within <see cref="NearestFactor"/>; of two
    /// equally near that of the larger. Null where there is none.
    /// </summary>
    /// <param name="work">Name of the work.</param>
    /// <param name="tokens">Bucket.</param>
    /// <param name="borrows">False for the bucket's own entry or none.</param>
    public TuningEntry? Find(string work, int tokens, bool borrows = true) =>
        Nearest(Entries.Where(e => e.Work == work && e.IsCurrent), e => e.Tokens, tokens, borrows ? NearestFactor : 1);

    /// <summary>The measurement of a whole encoder in a bucket, after which its entries are all that helps; null where there is none.</summary>
    public TuningEncoder? Encoder(EncoderModel model, QuantizationScheme scheme, int tokens)
    {
        string key = TuningStrategy.ModelKey(model);
        EquatableArray<string> parts = TuningStrategy.Texts(scheme);
        return Encoders.FirstOrDefault(e => e.Model == key && e.Parts == parts && e.Tokens == tokens && e.IsCurrent);
    }

    /// <summary>The strategy of a checkpoint's scheme for a bucket, found as <see cref="Find(string, int, bool)"/> finds an entry.</summary>
    public TuningStrategy? Find(EncoderModel model, QuantizationScheme checkpoint, int tokens)
    {
        string key = TuningStrategy.ModelKey(model);
        EquatableArray<string> parts = TuningStrategy.Texts(checkpoint);
        return Nearest(Strategies.Where(s => s.Model == key && s.Checkpoint == parts && s.IsCurrent), s => s.Tokens, tokens, NearestFactor);
    }

    private static T? Nearest<T>(IEnumerable<T> items, Func<T, int> tokensOf, int tokens, double within)
        where T : class
    {
        T? best = null;
        double nearest = within;
        foreach (T item in items)
        {
            int at = tokensOf(item);
            double factor = (double)Math.Max(at, tokens) / Math.Min(at, tokens);
            if (factor > nearest || (factor == nearest && best is not null && tokensOf(best) > at))
                continue;
            (best, nearest) = (item, factor);
        }

        return best;
    }
}

/// <summary>A database, or what is wrong with its text.</summary>
/// <param name="Database">The database; null where there is an error.</param>
/// <param name="Errors">Every error that was found, in the order of the file.</param>
/// <param name="OtherVersion">Its schema version where another compiler wrote it, which is then the one error; else null.</param>
public sealed record TuningDatabaseResult(TuningDatabase? Database, EquatableArray<TuningError> Errors, int? OtherVersion = null);

/// <summary>One thing that is wrong in a database's text.</summary>
/// <param name="JsonPath">Where in the document, such as <c>$.entries[3].tokens</c>.</param>
/// <param name="Line">Line in the text, from 1.</param>
/// <param name="Column">Column in UTF-16 code units, from 1.</param>
/// <param name="Expected">What would be right.</param>
/// <param name="Found">What is there.</param>
public sealed record TuningError(string JsonPath, int Line, int Column, string Expected, string Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"{JsonPath} at line {Line}, column {Column}: expected {Expected}, found {Found}";
}
