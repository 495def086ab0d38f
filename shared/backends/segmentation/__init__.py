"""The segmenter: a frozen image encoder, SAM's mask decoder with LoRA, and prompts."""
