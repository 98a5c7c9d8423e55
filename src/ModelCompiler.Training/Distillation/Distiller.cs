using ModelCompiler.Training.Data;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Distillation;

/// <summary>Teachers and the weighted sum of losses of a recipe.</summary>
public sealed class Distiller : IDisposable
{
    private readonly DistillationRecipe _recipe;
    private readonly int[] _layerMap;

    private Distiller(DistillationRecipe recipe, IReadOnlyList<TrainableEncoder> teachers, int[] layerMap) =>
        (_recipe, Teachers, _layerMap) = (recipe, teachers, layerMap);

    /// <summary>The teachers, in full precision.</summary>
    public IReadOnlyList<TrainableEncoder> Teachers { get; }

    private Intermediates Wanted =>
        (_recipe.Hidden > 0 ? Intermediates.Hidden : 0) | (_recipe.AttentionScores + _recipe.Attention > 0 ? Intermediates.Attention : 0);

    /// <summary>Loads the teachers of a recipe and holds them against the student.</summary>
    /// <exception cref="TrainingException">A teacher has other labels or widths, or the layer map does not fit.</exception>
    public static Distiller Open(DistillationRecipe recipe, ModelRecipe model, TrainableEncoder student)
    {
        var teachers = new List<TrainableEncoder>();
        foreach (string folder in recipe.Teachers)
            teachers.Add(EncoderReader.FromFolder(folder, student.Device));
        TrainableEncoder teacher = teachers[0];
        foreach ((TrainableEncoder one, string folder) in teachers.Zip(recipe.Teachers))
        {
            if (one.Model.Labels != student.Model.Labels)
                throw new TrainingException($"{folder}: expected a teacher with the student's {student.Model.Labels} labels, found {one.Model.Labels}.");
            foreach (ModelParameter parameter in one.Parameters)
                parameter.Value.requires_grad_(false);
        }

        bool inner = recipe.Hidden + recipe.AttentionScores + recipe.Attention > 0;
        if (inner && teachers.Count > 1)
            throw new TrainingException($"distillation.teachers: expected one teacher, because hidden states and attention of several have no common mean, found {teachers.Count}.");
        if (recipe.Hidden > 0 && teacher.Model.HiddenSize != student.Model.HiddenSize)
            throw new TrainingException($"distillation.hidden: expected a teacher with hidden size {student.Model.HiddenSize}, found {teacher.Model.HiddenSize}.");
        if (inner && recipe.Hidden < recipe.Hidden + recipe.AttentionScores + recipe.Attention && teacher.Model.AttentionHeads != student.Model.AttentionHeads)
            throw new TrainingException($"distillation.attention: expected a teacher with {student.Model.AttentionHeads} heads, found {teacher.Model.AttentionHeads}.");
        int[] map = [.. recipe.LayerMap ?? model.Layers ?? [.. Enumerable.Range(0, student.Model.Layers)]];
        if (inner && (map.Length != student.Model.Layers || map.Max() >= teacher.Model.Layers))
        {
            throw new TrainingException(
                $"distillation.layerMap: expected a layer below {teacher.Model.Layers} for each of the student's {student.Model.Layers} layers, found {string.Join(", ", map)}.");
        }

        return new(recipe, teachers, map);
    }

    /// <summary>Runs teachers and student and sums their losses.</summary>
    /// <param name="student">The model in training.</param>
    /// <param name="batch">A part of a batch.</param>
    /// <param name="smoothing">Label smoothing of the task's loss.</param>
    /// <param name="output">What the student said.</param>
    public LossTerms Losses(TrainableEncoder student, EncoderBatch batch, double smoothing, out EncoderOutput output)
    {
        EncoderOutput taught;
        using (torch.no_grad())
            taught = Teach(batch);
        output = student.Forward(batch, Wanted);
        EncoderOutput learned = output;
        Tensor? task = _recipe.Task > 0 ? Distillation.Losses.CrossEntropy(learned.Logits, batch, smoothing) : null;
        Tensor? logits = _recipe.Logits > 0 ? Distillation.Losses.Logits(learned.Logits, taught.Logits, _recipe.Temperature, batch) : null;

        // Hidden states start with the embeddings, which always correspond.
        Tensor? hidden = _recipe.Hidden > 0
            ? Mean([-1, .. Enumerable.Range(0, _layerMap.Length)], layer => Distillation.Losses.Hidden(
                learned.HiddenStates[layer + 1], taught.HiddenStates[layer < 0 ? 0 : _layerMap[layer] + 1], batch))
            : null;
        int[] layers = [.. Enumerable.Range(0, _layerMap.Length)];
        Tensor? scores = _recipe.AttentionScores > 0
            ? Mean(layers, layer => Distillation.Losses.AttentionScores(learned.AttentionScores[layer], taught.AttentionScores[_layerMap[layer]], batch))
            : null;
        Tensor? attention = _recipe.Attention > 0
            ? Mean(layers, layer => Distillation.Losses.Attention(learned.AttentionProbabilities[layer], taught.AttentionProbabilities[_layerMap[layer]], batch))
            : null;
        Tensor? total = null;
        foreach ((Tensor? loss, double weight) in (ReadOnlySpan<(Tensor?, double)>)[
            (task, _recipe.Task), (logits, _recipe.Logits), (hidden, _recipe.Hidden), (scores, _recipe.AttentionScores), (attention, _recipe.Attention)])
        {
            if (loss is not null)
                total = total is null ? loss.mul((float)weight) : total.add(loss.mul((float)weight));
        }

        return new(total!, task, logits, hidden, scores, attention);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TrainableEncoder teacher in Teachers)
            teacher.Dispose();
    }

    /// <summary>One teacher's output, or the mean of several teachers' log-probabilities.</summary>
    private EncoderOutput Teach(EncoderBatch batch)
    {
        if (Teachers.Count == 1)
            return Teachers[0].Forward(batch, Wanted, clean: true);
        Tensor? sum = null;
        foreach (TrainableEncoder teacher in Teachers)
        {
            Tensor log = torch.nn.functional.log_softmax(teacher.Forward(batch, clean: true).Logits, -1);
            sum = sum is null ? log : sum.add(log);
        }

        return new(sum!.mul(1f / Teachers.Count), [], [], []);
    }

    private static Tensor Mean(int[] layers, Func<int, Tensor> loss)
    {
        Tensor sum = loss(layers[0]);
        foreach (int layer in layers.AsSpan(1))
            sum = sum.add(loss(layer));
        return sum.mul(1f / layers.Length);
    }
}
