"""What ``sertain corpora verify`` says for people."""

from __future__ import annotations

from collections.abc import Sequence

import click

from sertain.corpora.verify import Difference, Finding, Same, Verified

_SHOWN = 5


def printed(result: Verified) -> None:
    """Print a line for the corpus and one for every kind of finding."""
    click.echo(f"{result.corpus}: {_summary(result)} ({result.folder})")
    _listed("missing", [_counted(each) for each in result.missing])
    _listed("missing clips", result.missing_names)
    _listed("unreadable", [_found(each) for each in result.unreadable])
    _listed("more than published", [_counted(each) for each in result.surplus])
    _listed("silent", [_found(each) for each in result.silent])
    _listed("clipped", [_found(each) for each in result.clipped])
    _listed("the same recording", [_same(each) for each in result.same])
    _listed("in several files", [_found(each) for each in result.copies])
    _listed("other audio files", [str(path) for path in result.strangers])
    for note in result.notes:
        click.echo(f"  as published: {note}")


def _summary(result: Verified) -> str:
    if result.published is None:
        count = f"{result.found:,} clips"
    else:
        count = f"{result.found:,} of {result.published:,} clips"
    state = "whole" if result.is_whole else "NOT WHOLE"
    return f"{count}, {state}" + ("" if result.listened else ", names alone were compared")


def _listed(what: str, items: Sequence[str]) -> None:
    if not items:
        return
    shown = "; ".join(items[:_SHOWN])
    more = f"; and {len(items) - _SHOWN:,} more" if len(items) > _SHOWN else ""
    click.echo(f"  {what} ({len(items):,}): {shown}{more}")


def _counted(each: Difference) -> str:
    channel = "" if each.channel == "speech" else f" {each.channel}"
    return f"{each.speaker}{channel} {each.emotion} {each.found} of {each.published}"


def _found(each: Finding) -> str:
    return f"{each.name}{' (known)' if each.is_known else ''}: {each.what}"


def _same(each: Same) -> str:
    return " = ".join(each.names) + (" (known)" if each.is_known else "")
