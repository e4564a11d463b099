"""The models of a sandbox, and their prices."""

from attrs import frozen


@frozen
class Model:
    """A model; its price, for training, is None if it is unknown."""

    max_context_length: int
    trainable: bool = True
    usd_per_million_tokens: float | None = None


MODELS = {
    "Qwen/Qwen3-8B": Model(32_768, usd_per_million_tokens=0.4),
    "Qwen/Qwen3-30B-A3B": Model(32_768, usd_per_million_tokens=0.36),
    "Qwen/Qwen3-4B-Instruct-2507": Model(32_768, usd_per_million_tokens=0.22),
    "meta-llama/Llama-3.1-8B": Model(131_072, usd_per_million_tokens=0.4),
    "meta-llama/Llama-3.2-1B": Model(131_072, usd_per_million_tokens=0.09),
    "openai/gpt-oss-20b": Model(32_768),
    "meta-llama/Llama-3.3-70B": Model(131_072, trainable=False, usd_per_million_tokens=3.38),
}
TRAINABLE_MODELS = tuple(name for name, model in MODELS.items() if model.trainable)
