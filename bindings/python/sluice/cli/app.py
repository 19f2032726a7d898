"""The commands, and what a failure looks like: one message on stderr and exit code 2."""

from __future__ import annotations

import click

import sluice

from .check import check
from .console import Failure
from .decide import decide
from .demo import demo
from .diff.command import diff
from .explain import explain
from .plan import plan
from .simulate.command import simulate
from .simulate.mapping import MappingError
from .simulate.reader import TrafficError


class App(click.Group):
    """Turns what the engine and the readers raise into failures of the command line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (sluice.SluiceError, MappingError, TrafficError) as wrong:
            raise Failure(str(wrong)) from wrong


@click.group(cls=App, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(sluice.__version__, prog_name="sluice")
def app() -> None:
    """Sluice decides whether a message may go now, later or not at all.

    A POLICY is a file, or the name of one that comes with Sluice: sendblue, texting_blue, linq, gosendapi, senddev.
    """


for command in (check, explain, diff, decide, simulate, plan, demo):
    app.add_command(command)
