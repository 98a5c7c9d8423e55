using ModelCompiler.Core;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Loading;

namespace ModelCompiler.Tool.Tests.Tuning;

public sealed class TuningOptionTests : IDisposable
{
    private static readonly TuningHost s_host = new("9.0", "0123456789abcdef", 132, "13.0", "12.4");

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
        Read(s_host with { Driver = "13.1", Kernels = "fedcba9876543210" }).ShouldHaveSingleItem();
        _messages.ToString().ShouldStartWith("warning: ");
        _messages.ToString().ShouldContain("driver 13.0, here 13.1; kernel version 0123456789abcdef, here fedcba9876543210");
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

    private EquatableArray<TuningFile> Read(TuningHost host)
    {
        var database = new TuningDatabase(new("GPU", "9.0", 132, "13.0", "12.4", "0123456789abcdef", "2026-11-25"), default);
        File.WriteAllText(_folder.File("a.tuning.json"), database.ToJson());
        return TuningOption.Read(_folder.File("a.tuning.json"), host, _messages);
    }
}
