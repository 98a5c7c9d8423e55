using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Planning;

/// <summary>
/// Plans an encoder: five fused ops a layer (QKV projection, attention, attention output, MLP intermediate, MLP
/// output), the embeddings before them and the head behind. Whoever produces an activation also quantizes it for the
/// one linear part that reads it.
/// </summary>
public static class Planner
{
    /// <summary>Plans a model in a scheme. Deterministic: equal arguments give equal plans.</summary>
    public static ExecutionPlan Plan(EncoderModel model, QuantizationScheme scheme)
    {
        var plan = new PlanBuilder(model, scheme);
        (int hidden, int input) = plan.Embedding();
        for (int layer = 0; layer < model.Layers; layer++)
            (hidden, input) = plan.Layer(layer, hidden, input);
        return plan.Finish(hidden, plan.Head(hidden));
    }
}
