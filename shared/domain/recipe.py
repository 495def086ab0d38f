"""Hyperparameters of a training as data: each has a default and bounds, and an unknown one is refused."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import InvalidInputError


class RecipeError(InvalidInputError):
    """A hyperparameter is unknown or out of bounds."""

    code = "bad_recipe"


class TextRecipe(BaseModel):
    """How a text classifier learns: a linear head first, then LoRA on the top layers from that head."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(1, ge=0, le=100, description="passes of LoRA over the cases; 0 keeps the head alone")
    batch_size: int = Field(16, ge=1, le=512, description="cases a step")
    learning_rate: float = Field(5e-4, gt=0, le=1, description="highest rate of the adapter and the head")
    warmup_share: float = Field(0.1, ge=0, le=0.9, description="share of the steps that raise the rate")
    weight_decay: float = Field(0.01, ge=0, le=1, description="of the adapter and the head")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="share of the target spread over all labels")
    top_layers: int = Field(3, ge=1, le=64, description="layers that are adapted; those below are frozen")
    lora_r: int = Field(16, ge=1, le=256, description="rank of the adapter")
    lora_alpha: float = Field(32.0, gt=0, le=1024, description="scale of the adapter, divided by its rank")
    max_tokens: int = Field(128, ge=8, le=512, description="longer texts are cut")
    head_penalty: float = Field(1e-2, gt=0, le=10, description="L2 penalty of the head that is fitted first")
    held_back_share: float = Field(0.2, ge=0, le=0.5, description="cases, by person, that calibrate a twin")
    checkpoint_steps: int = Field(20, ge=1, le=100_000, description="steps between two checkpoints")


RECIPES: Mapping[str, type[TextRecipe]] = {"text_classifier": TextRecipe}


def parse_recipe(family: str, wish: Mapping[str, object]) -> TextRecipe:
    """Fill a wish up with the defaults; numbers may come as text, as the command line gives them.

    Raises:
        RecipeError: naming the hyperparameter and what would be right.
    """
    if family not in RECIPES:
        known = ", ".join(RECIPES)
        raise RecipeError(f"{family} cannot be trained", field="family", fix=f"families that can: {known}")
    try:
        return RECIPES[family](**wish)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        fix = f"hyperparameters are {', '.join(RECIPES[family].model_fields)}"
        raise RecipeError(f"hyperparameter {name}: {first['msg']}", field=name, fix=fix) from None
