using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Checks token buckets and the longest sequence.</summary>
internal static class ShapeValidation
{
    /// <summary>Most tokens of a bucket.</summary>
    private const int MaxBucket = 65_536;

    public static ShapeSet? Resolve(EncoderSpec spec, EncoderModel? model, SpecErrorList errors)
    {
        if (spec.Shapes is not { Tokens.Count: > 0 } shapes)
        {
            errors.Add(ShapeRules.BucketsMissing, spec.Shapes is null ? SpecPlace.Encoder() : SpecPlace.Shapes(), spec.Type.Name);
            return null;
        }

        bool right = CheckBuckets(shapes.Tokens, errors);
        SpecPlace place = SpecPlace.Shapes("MaxSequence");
        if (shapes.MaxSequence < 0)
        {
            errors.Add(ShapeRules.SequenceNegative, place, shapes.MaxSequence);
            return null;
        }

        if (model is null)
            return null;
        if (shapes.MaxSequence > model.MaxSequence)
        {
            errors.Add(ShapeRules.SequenceTooLong, place, shapes.MaxSequence, model.MaxSequence);
            return null;
        }

        int longest = shapes.MaxSequence > 0 ? shapes.MaxSequence : model.MaxSequence;
        if (right && shapes.Tokens[shapes.Tokens.Count - 1] < longest)
        {
            errors.Add(ShapeRules.LargestBucketTooSmall, SpecPlace.Shapes("Tokens"), shapes.Tokens[shapes.Tokens.Count - 1], longest);
            right = false;
        }

        return right ? new(shapes.Tokens, longest) : null;
    }

    private static bool CheckBuckets(EquatableArray<int> buckets, SpecErrorList errors)
    {
        bool right = true;
        for (int i = 0; i < buckets.Count; i++)
        {
            SpecPlace place = SpecPlace.Shapes("Tokens", i);
            if (buckets[i] <= 0)
                errors.Add(ShapeRules.BucketNotPositive, place, buckets[i]);
            else if (buckets[i] > MaxBucket)
                errors.Add(ShapeRules.BucketTooLarge, place, MaxBucket, buckets[i]);
            else if (i > 0 && buckets[i] <= buckets[i - 1])
                errors.Add(ShapeRules.BucketsNotRising, place, buckets[i], buckets[i - 1]);
            else
                continue;
            right = false;
        }

        return right;
    }
}
