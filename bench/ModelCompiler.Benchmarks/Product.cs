using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Cpu.Kernels;
using ModelCompiler.Runtime.Cpu.Threading;

namespace ModelCompiler.Benchmarks;

/// <summary>One matrix product on all threads: each task computes all rows of some columns.</summary>
internal sealed unsafe class Product : IParallelWork<Product>, IDisposable
{
    private const int Tasks = 8;
    private readonly int _m;
    private readonly int _n;
    private readonly PackedInt8Matrix? _int8;
    private readonly PackedFloatMatrix? _float;
    private readonly AlignedMemory<byte> _codes;
    private readonly AlignedMemory<float> _floats;
    private readonly AlignedMemory<int> _result;
    private readonly WorkerPool<Product> _pool;

    public Product(int m, int n, int k, bool isInteger, int threads)
    {
        (_m, _n) = (m, Round.UpTo(n, 32));
        var random = new Random(1);
        _codes = new(m * k);
        random.NextBytes(_codes.Span);
        _floats = new(m * k);
        foreach (ref float value in _floats.Span)
            value = random.NextSingle() - 0.5f;
        _result = new(m * _n);
        if (isInteger)
            _int8 = PackedInt8Matrix.Pack(Enumerable.Range(0, n * k).Select(_ => (short)random.Next(-128, 128)).ToArray(), n, k);
        else
            _float = PackedFloatMatrix.Pack(Enumerable.Range(0, n * k).Select(_ => random.NextSingle() - 0.5f).ToArray(), n, k);
        _pool = new(threads);
    }

    public void Run() => _pool.Run(this, this, 0, Tasks);

    public void Execute(Product state, int phase, int task, int worker)
    {
        if (_int8 is not null)
        {
            int panel = _int8.Panels * task / Tasks, panels = _int8.Panels * (task + 1) / Tasks - panel;
            Int8Gemm.Multiply(
                new(_codes.Pointer, _int8.K, isSigned: true, null), _int8, 0, 0, _m, panel, panels,
                _result.Pointer + panel * PackedInt8Matrix.PanelColumns, _n, InstructionPaths.BestInt8);
        }
        else
        {
            int panel = _float!.Panels * task / Tasks, panels = _float.Panels * (task + 1) / Tasks - panel;
            FloatGemm.Multiply(
                _floats.Pointer, _float.K, _m, _float, panel, panels, 0, _float.K,
                (float*)_result.Pointer + panel * PackedFloatMatrix.PanelColumns, _n, InstructionPaths.BestFloat);
        }
    }

    public void Dispose()
    {
        _pool.Dispose();
        _int8?.Dispose();
        _float?.Dispose();
        _codes.Dispose();
        _floats.Dispose();
        _result.Dispose();
    }
}
