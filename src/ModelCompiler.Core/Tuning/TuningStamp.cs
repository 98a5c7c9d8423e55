using System.Globalization;

namespace ModelCompiler.Core.Tuning;

/// <summary>What times were measured with: they hold for this chip, and roughly where only software differs.</summary>
/// <param name="Gpu">Product name.</param>
/// <param name="ComputeCapability">Such as <c>9.0</c>.</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
/// <param name="Driver">CUDA version of the driver, such as <c>13.0</c>.</param>
/// <param name="Compiler">Version of NVRTC, such as <c>12.4</c>.</param>
/// <param name="Date">Day of the measurement, <c>2026-11-25</c>.</param>
public sealed record TuningStamp(
    string Gpu, string ComputeCapability, int Multiprocessors, string Driver, string Compiler, string Date)
{
    /// <summary>
    /// Where the times would be used differs from where they were taken. Another chip makes them meaningless; another
    /// driver or compiler leaves them the best guess there is. What kernels they are of is said entry by entry.
    /// </summary>
    public EquatableArray<TuningMismatch> MismatchesWith(TuningHost host)
    {
        var found = new List<TuningMismatch>();
        void Compare(string field, string measured, string? here, TuningGrade grade)
        {
            if (here is not null && here != measured)
                found.Add(new(field, measured, here, grade));
        }

        Compare("compute capability", ComputeCapability, host.ComputeCapability, TuningGrade.Ignore);
        Compare("multiprocessors", Number(Multiprocessors)!, Number(host.Multiprocessors), TuningGrade.Ignore);
        Compare("driver", Driver, host.Driver, TuningGrade.Warn);
        Compare("compiler", Compiler, host.Compiler, TuningGrade.Warn);
        return found.ToEquatableArray();
    }

    private static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Where times are to be used; null where it is not known, as most is when code is generated.</summary>
/// <param name="ComputeCapability">Such as <c>9.0</c>.</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
/// <param name="Driver">CUDA version of the driver.</param>
/// <param name="Compiler">Version of NVRTC.</param>
public sealed record TuningHost(
    string? ComputeCapability, int? Multiprocessors = null, string? Driver = null, string? Compiler = null);

/// <summary>What a mismatch means for the times.</summary>
public enum TuningGrade
{
    /// <summary>They are used; a warning says that measuring anew may find better.</summary>
    Warn,

    /// <summary>They are left aside, and the rules choose.</summary>
    Ignore,
}

/// <summary>A field of a stamp that differs from where the times would be used.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Measured">Value of the stamp.</param>
/// <param name="Here">Value of the place of use.</param>
/// <param name="Grade">What it means.</param>
public sealed record TuningMismatch(string Field, string Measured, string Here, TuningGrade Grade)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Field} {Measured}, here {Here}";
}
