using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Core.Tests.Tuning;

public class TuningDatabaseTests
{
    private static readonly TuningStamp s_stamp = new("NVIDIA H100 80GB HBM3", "9.0", 132, "13.0", "12.4", "2026-11-25");

    private static readonly EquatableArray<string> s_kernels = KernelVersion.Of([new RowsKernel(GpuArch.Sm90a, 768, new(new(new EpilogueOp.StoreFloat16())))]);

    private static TuningDatabase Database(params TuningEntry[] entries) => new(s_stamp, entries.Select(e => e with { Kernels = s_kernels }).ToEquatableArray());

    [Fact]
    public void Its_text_reads_back_as_the_same_database()
    {
        var database = new TuningDatabase(
            s_stamp,
            new(new TuningEntry("ws4_as4_n768_k768_bias_res_ln_f16_qs4in8", 32, "r32x48_w4x2_c6_grid", 3.25, 0.04, "m16n64k128_w1x4_s5", 4.5) { Kernels = s_kernels },
                new TuningEntry("wf16_af16_n2304_k768_bias_f16", 4096, "m128n128k32_w2x4_s3", 41.75, 0) { Kernels = new("gemm:0", "rows:1") }),
            new(new TuningStrategy("h768_i3072_a12_l12", new("a", "b", "c", "d"), 32, new("a", "b", "c", "e"), 140.5, 150.25) { Kernels = s_kernels }),
            new(new TuningEncoder("h768_i3072_a12_l12", new("a", "b", "c", "d"), 128, 64, 300.25, 290.5, 0.75) { Kernels = s_kernels }));

        TuningDatabaseResult result = TuningDatabase.Parse(database.ToJson());

        result.Errors.ShouldBeEmpty();
        result.Database.ShouldBe(database);
        database.ToJson().ShouldEndWith("}\n");
        database.ToJson().Split('\n').Count(line => line.Contains("\"work\"")).ShouldBe(2);
    }

    [Fact]
    public void Keys_that_it_does_not_know_are_passed_over()
    {
        string json = Database().ToJson().Replace("\"version\": 2,", "\"version\": 2, \"comment\": \"by night\",");
        TuningDatabase.Parse(json).Database.ShouldBe(Database());
    }

    [Theory]
    [InlineData("{", "$ at line 1, column 2: expected valid JSON")]
    [InlineData("[]", "$ at line 1, column 1: expected an object, found an array")]
    [InlineData("{}", "$ at line 1, column 1: expected a key \"version\", found none")]
    [InlineData("{\"version\": 3}", "$.version at line 1, column 13: expected 2, the version that this compiler reads, found 3")]
    [InlineData("{\"version\": 1.5}", "$.version at line 1, column 13: expected an integer, found 1.5")]
    [InlineData("{\"version\": 2,\n\"entries\": []}", "$ at line 1, column 1: expected a key \"stamp\", found none")]
    public void Errors_say_where_and_what(string json, string expected)
    {
        TuningDatabaseResult result = TuningDatabase.Parse(json);
        result.Database.ShouldBeNull();
        result.Errors.ShouldHaveSingleItem().ToString().ShouldStartWith(expected);
    }

    [Theory]
    [InlineData("\"tokens\":32", "\"tokens\":0", "$.entries[0].tokens", "a positive integer")]
    [InlineData("\"tokens\":32", "\"tokens\":\"32\"", "$.entries[0].tokens", "an integer")]
    [InlineData("\"work\":\"w\"", "\"work\":\"\"", "$.entries[0].work", "a string that is not empty")]
    [InlineData("\"medianUs\":2", "\"medianUs\":-2", "$.entries[0].medianUs", "0 to 1e9 microseconds")]
    [InlineData("\"candidate\":\"c\",", "", "$.entries[0]", "a key \"candidate\"")]
    [InlineData(",\"kernels\":[", ",\"other\":[", "$.entries[0]", "a key \"kernels\"")]
    [InlineData("\"kernels\":[", "\"kernels\":[1,", "$.entries[0].kernels", "versions of one or more kernels, strings")]
    [InlineData("\"multiprocessors\":132,", "", "$.stamp", "a key \"multiprocessors\"")]
    [InlineData("\"tokens\":32", "\"tokens\":32,\"tokens\":64", "$.entries[0].tokens", "each key once")]
    [InlineData("\"strategies\": []", "\"strategies\": [{\"model\":\"m\",\"checkpoint\":[\"a\"],\"tokens\":1,\"parts\":[\"a\",\"b\",\"c\",\"d\"],\"medianUs\":1,\"checkpointUs\":1,\"kernels\":[\"k\"]}]", "$.strategies[0].checkpoint", "four strings, one for each linear part")]
    public void A_wrong_value_is_an_error_at_its_place(string right, string wrong, string path, string expected)
    {
        string json = Database(new TuningEntry("w", 32, "c", 2, 0)).ToJson();
        json.ShouldContain(right);
        TuningError error = TuningDatabase.Parse(json.Replace(right, wrong)).Errors.ShouldHaveSingleItem();
        error.JsonPath.ShouldBe(path);
        error.Expected.ShouldBe(expected);
    }

    [Fact]
    public void Two_entries_of_a_work_at_a_bucket_are_an_error()
    {
        string json = Database(new TuningEntry("w", 32, "c", 2, 0), new TuningEntry("w", 64, "c", 2, 0), new TuningEntry("w", 32, "d", 1, 0)).ToJson();
        TuningDatabase.Parse(json).Errors.ShouldHaveSingleItem().ToString()
            .ShouldEndWith("expected one entry for each work and bucket, found w at 32 tokens again");
    }

    [Theory]
    [InlineData(32, "at32")]
    [InlineData(17, "at32")] // nearest, upward
    [InlineData(16, "at32")] // just within the factor
    [InlineData(15, null)]
    [InlineData(40, "at32")]
    [InlineData(100, "at128")]
    [InlineData(64, "at128")] // equally far from both: the larger
    [InlineData(256, "at128")]
    [InlineData(257, null)]
    public void A_bucket_borrows_from_the_nearest_within_a_factor_of_two(int tokens, string? candidate)
    {
        TuningEntry at32 = new("w", 32, "at32", 1, 0), at128 = new("w", 128, "at128", 1, 0), other = new("v", tokens, "other", 1, 0);
        Database(at32, other, at128).Find("w", tokens)?.Candidate.ShouldBe(candidate);
        Database(at128, at32, other).Find("w", tokens)?.Candidate.ShouldBe(candidate);
        (Database(at32, other, at128).Find("w", tokens) is null).ShouldBe(candidate is null);
    }

    [Fact]
    public void Mismatches_are_graded()
    {
        var here = new TuningHost("9.0", 132, "13.0", "12.4");
        s_stamp.MismatchesWith(here).ShouldBeEmpty();
        Grades(here with { Driver = "13.1" }).ShouldBe([("driver", TuningGrade.Warn)]);
        Grades(here with { Compiler = "13.0" }).ShouldBe([("compiler", TuningGrade.Warn)]);
        Grades(here with { Multiprocessors = 114 }).ShouldBe([("multiprocessors", TuningGrade.Ignore)]);
        Grades(here with { ComputeCapability = "8.9", Multiprocessors = 128 })
            .ShouldBe([("compute capability", TuningGrade.Ignore), ("multiprocessors", TuningGrade.Ignore)]);
        // What is not known cannot differ.
        Grades(new(null)).ShouldBeEmpty();
        s_stamp.MismatchesWith(here with { Multiprocessors = 114 })[0].ToString().ShouldBe("multiprocessors 132, here 114");
    }

    [Theory]
    [InlineData("{\"version\": 1, \"stamp\": {\"kernels\": \"0123456789abcdef\"}, \"entries\": []}", 1)]
    [InlineData("{\"version\": 3}", 3)]
    [InlineData("{\"version\": \"1\"}", null)]
    [InlineData("{}", null)]
    public void Another_version_is_told_from_a_mistake(string json, int? version)
    {
        TuningDatabaseResult result = TuningDatabase.Parse(json);
        result.Database.ShouldBeNull();
        result.OtherVersion.ShouldBe(version);
        result.Errors.ShouldHaveSingleItem();
    }

    [Fact]
    public void Measurements_of_kernels_that_have_changed_are_as_good_as_absent()
    {
        TuningEntry at32 = new("w", 32, "at32", 1, 0) { Kernels = new("wgmma_gemm:0000000000000000", s_kernels[0]) };
        TuningEntry at64 = new("w", 64, "at64", 1, 0) { Kernels = s_kernels };
        TuningStrategy strategy = new("m", new("a", "b", "c", "d"), 32, new("a", "b", "c", "e"), 1, 2) { Kernels = new("gemm:0000000000000000") };
        var database = new TuningDatabase(s_stamp, new(at32, at64), new(strategy));

        database.Find("w", 32)!.Candidate.ShouldBe("at64");
        database.Find("w", 32, borrows: false).ShouldBeNull();
        database.StaleNote.ShouldBe((2, 3, "gemm, wgmma_gemm"));
        (database with { Entries = new(at64), Strategies = default }).StaleNote.ShouldBeNull();
    }

    [Fact]
    public void Databases_that_ship_name_kernels_that_exist()
    {
        foreach (TuningDatabase database in TuningSet.Shipped.Select(f => f.Database))
        {
            // All stale would mean that it ships for nothing.
            database.Entries.ShouldContain(e => e.IsCurrent);
            ShapeSet shapes = new(database.Entries.Select(e => e.Tokens).Distinct().Order().ToEquatableArray(), 32);
            TunedKernels.Choose(Planner.Plan(Models.BertBase, Models.W4A4), shapes, GpuArch.Sm90a, database).Unknown.ShouldBeEmpty();
        }
    }

    private static (string, TuningGrade)[] Grades(TuningHost host) => [.. s_stamp.MismatchesWith(host).Select(m => (m.Field, m.Grade))];
}
