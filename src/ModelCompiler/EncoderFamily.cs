namespace ModelCompiler;

/// <summary>Encoder architectures of the Hugging Face library that the compiler knows.</summary>
public enum EncoderFamily
{
    /// <summary>Not stated: taken from <c>model_type</c> of the configuration file.</summary>
    FromConfig = 0,

    /// <summary>BERT (<c>bert</c>).</summary>
    Bert,

    /// <summary>RoBERTa and XLM-RoBERTa (<c>roberta</c>, <c>xlm-roberta</c>): positions start at pad token id + 1.</summary>
    Roberta,

    /// <summary>DistilBERT (<c>distilbert</c>): no token types, no pooler.</summary>
    DistilBert,
}
