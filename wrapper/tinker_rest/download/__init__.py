"""How a checkpoint is brought to disk: streamed, resumed, verified, extracted, put in its place whole."""
