using ModelCompiler.Core;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Loading;

namespace ModelCompiler.Tool.Tests.Tuning;

public sealed class TuningOptionTests : IDisposable
{
    private static readonly TuningHost s_host = new("9.0", 132, "13.0", "12.4");

    private readonly TestFolder _folder = new();
    private readonly StringWriter _messages = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_database_of_this_gpu_is_used_in_silence()
    {
        Read(s_host).ShouldHaveSingleItem();
        _messages.ToString().ShouldBeEmpty();
    }

    [Fact]
    public void Other_software_is_a_warning()
    {
        Read(s_host with { Driver = "13.1", Compiler = "13.0" }).ShouldHaveSingleItem();
        _messages.ToString().ShouldStartWith("warning: ");
        _messages.ToString().ShouldContain("driver 13.0, here 13.1; compiler 12.4, here 13.0");
    }

    [Fact]
    public void Another_chip_is_a_note_and_the_database_is_left_aside()
    {
        Read(s_host with { Multiprocessors = 114, Driver = "13.1" }).ShouldBeEmpty();
        _messages.ToString().ShouldStartWith("note: ");
        _messages.ToString().ShouldContain("multiprocessors 132, here 114");
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_an_error()
    {
        Should.Throw<ModelCompilerException>(() => TuningOption.Read(_folder.Write("b.tuning.json", "[]"), s_host, _messages)).Message.ShouldContain("an object");
        Should.Throw<ModelCompilerException>(() => TuningOption.Read(_folder.File("none.tuning.json"), s_host, _messages)).Message.ShouldContain("no such file");
    }

    [Fact]
    public void A_file_of_an_older_version_says_so()
    {
        string path = _folder.Write("old.tuning.json", "{\"version\": 1, \"stamp\": {}, \"entries\": []}");
        TuningVersionException error = Should.Throw<TuningVersionException>(() => TuningOption.Read(path, s_host, _messages));
        error.Found.ShouldBe(1);
        error.Message.ShouldBe($"{path}: expected a tuning database of schema version 2, found version 1. Delete it, or name another file, and run 'modelc tune'.");
    }

    [Fact]
    public void Kernels_that_have_changed_are_a_warning()
    {
        var entry = new TuningEntry("w", 32, "c", 1, 0) { Kernels = new("rows:0123456789abcdef") };
        Read(s_host, entry).ShouldHaveSingleItem();
        _messages.ToString().ShouldContain("1 of 1 measurements are left aside, because kernels have changed since: rows.");
    }

    private EquatableArray<TuningFile> Read(TuningHost host, params TuningEntry[] entries)
    {
        var database = new TuningDatabase(new("GPU", "9.0", 132, "13.0", "12.4", "2026-11-25"), new(entries));
        File.WriteAllText(_folder.File("a.tuning.json"), database.ToJson());
        return TuningOption.Read(_folder.File("a.tuning.json"), host, _messages);
    }
}
