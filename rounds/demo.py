"""`rounds demo`: the full circle on the sample clinic. It plays the world; Rounds does the rest by itself."""

import time
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("demo")(demo)


def demo(
    *,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another clinic.")] = 1,
    port_base: Annotated[int | None, typer.Option(help="First of four free ports; else any.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the home folder to be looked at.")] = False,
) -> None:
    """Turn the full learning cycle once on a simulated clinic, then a bad candidate and a rollback."""
    from rounds.demo_stack import DemoStack
    from rounds.demo_story import Story
    from rounds.demo_tell import Teller
    from rounds.demo_view import StoryError

    begun = time.monotonic()
    teller = Teller()
    teller.chapter(f"Rounds, one full circle at the sample clinic (seed {seed})")
    with DemoStack(port_base=port_base, keep=keep, teller=teller) as stack:
        story = Story(stack, teller, seed=seed)
        try:
            story.play()
            happened = True
        except StoryError as error:
            teller.fail(str(error))
            happened = False
        story.sum_up()
    teller.say(f"everything is stopped; {time.monotonic() - begun:.0f} seconds in all")
    if not happened:
        raise typer.Exit(1)
