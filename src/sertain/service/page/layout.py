"""How the page is laid out, in Gradio's own parts, and what each of them asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sertain.errors import SertainError
from sertain.predict import Model
from sertain.predict.cores import cores
from sertain.service.page.card import card
from sertain.service.page.examples import EXAMPLES
from sertain.service.page.hearing import Heard, acquainted, hear, takes_baseline, unheard
from sertain.service.page.sheet import (
    COLUMNS,
    KINDS,
    WIDTHS,
    downloads,
    folded,
    rows,
    sheet,
    sorted_rows,
    summary,
)
from sertain.service.page.uploads import Uploads

if TYPE_CHECKING:
    import gradio as gr

RECORD_S: Final = 60
"""The microphone stops by itself after this."""

DRAWN: Final = 25
"""Of more recordings than this at once, the others are in the table only."""

ABANDONED_S: Final = 900
"""An upload whose page was closed before it could ask for the answer goes after this."""

_INTRODUCTION: Final = """\
# sertain

Drop a recording of somebody speaking: this page names the emotion that the voice sounds like, and
how sure it is. Everything happens on this computer; uploads are deleted once they are answered.
"""

_LIMITS: Final = """\
**Before you rely on it.** It learnt from actors; life sounds different. A voice is not a mind: the
answer says what a listener might call the sound, not what a person feels. It must not be used to
infer emotions at work or in education (in the European Union the AI Act, Regulation 2024/1689,
Article 5(1)(f), forbids it), nor to decide about a person. Tell people before you use it on them.
"""

# Gradio's recorder has no limit of its own, so its own button is pressed for the user.
_STOP_LATER: Final = f"""() => {{
  clearTimeout(window.sertainStop);
  window.sertainStop = setTimeout(
    () => document.querySelector("#microphone .stop-button")?.click(), {RECORD_S * 1000});
}}"""
_STOPPED: Final = "() => { clearTimeout(window.sertainStop); }"

_Answer = tuple[Any, ...]


def build(models: Mapping[str, Model], uploads: Uploads) -> gr.Blocks:
    """The page for these models, by the names that they are chosen by; the first is the default."""
    import gradio as gr  # noqa: PLC0415

    first = next(iter(models))

    def show(heard: Sequence[Heard], model: str) -> _Answer:
        """The values of everything that shows an answer."""
        if not heard:
            return "", gr.skip(), gr.update(visible=False), "", ""
        links = downloads(heard, models[model].labels)
        if len(heard) == 1:
            return sheet(heard[0]), gr.skip(), gr.update(visible=False), links, ""
        return summary(heard), rows(heard), gr.update(visible=True), links, folded(heard[:DRAWN])

    def from_uploads(sent: Any, model: str, one_voice: bool = False) -> _Answer:
        """Answer what was dropped or recorded, and empty the part that it came from."""
        return None, *show(_heard(sent, models[model], uploads, one_voice=one_voice), model)

    def from_example(chosen: int, model: str) -> _Answer:
        path = list(EXAMPLES.values())[chosen]
        return show([hear(models[model], path, path.name)], model)

    page = gr.Blocks(
        title="sertain: the emotion in speech",
        analytics_enabled=False,
        delete_cache=(ABANDONED_S // 15, ABANDONED_S),
    )
    with page:
        gr.Markdown(_INTRODUCTION)
        with gr.Tabs():
            with gr.Tab("Recordings"):
                model = gr.Radio(list(models), value=first, label="Model", visible=len(models) > 1)
                one_voice = gr.Checkbox(
                    label="What I drop together is of one voice or one microphone",
                    info="All of it is heard first, to know what the voice is like, then answered. "
                    "Best with a minute or more, in several moods.",
                    visible=takes_baseline(models[first]),
                    elem_id="one-voice",
                )
                with gr.Row():
                    dropped = gr.File(
                        label="Drop recordings here, or choose them",
                        file_count="multiple",
                        elem_id="recordings",
                        height=220,
                    )
                    spoken = gr.Audio(
                        label=f"Or record up to {RECORD_S} seconds",
                        sources=["microphone"],
                        type="filepath",
                        editable=False,
                        elem_id="microphone",
                    )
                examples = gr.Dataset(
                    label="Or try an example",
                    components=["textbox"],
                    samples=[[said] for said in EXAMPLES],
                    type="index",
                    elem_id="examples",
                )
                answer = gr.HTML(
                    html_template='<div role="status" aria-live="polite">${value}</div>',
                    elem_id="answer",
                    apply_default_css=False,
                )
                with gr.Column(visible=False, elem_id="several") as several:
                    # The table's own menus sort, too, but no keyboard reaches them.
                    with gr.Row():
                        sort_by = gr.Dropdown(
                            list(COLUMNS), value=COLUMNS[0], label="Sort by", elem_id="sort"
                        )
                        backwards = gr.Checkbox(label="Last first", elem_id="backwards")
                    table = gr.Dataframe(
                        label="All answers",
                        headers=list(COLUMNS),
                        datatype=list(KINDS),
                        column_widths=list(WIDTHS),
                        type="array",
                        interactive=False,
                        wrap=True,
                        elem_id="answers",
                        buttons=[],
                    )
                links = gr.HTML(elem_id="downloads", apply_default_css=False)
                sheets = gr.HTML(elem_id="sheets", apply_default_css=False)
            with gr.Tab("The model"):
                shown = gr.Markdown(card(models[first].bundle), elem_id="card")
        gr.Markdown(_LIMITS, elem_id="limits")

        shows = [answer, table, several, links, sheets]
        gr.on(
            [dropped.upload],
            from_uploads,
            [dropped, model, one_voice],
            [dropped, *shows],
            preprocess=False,
            api_name="answer",
            concurrency_id="hear",
            concurrency_limit=max(2, cores()),
        )
        spoken.stop_recording(
            from_uploads,
            [spoken, model],
            [spoken, *shows],
            preprocess=False,
            api_visibility="private",
            concurrency_id="hear",
        )
        spoken.start_recording(fn=None, js=_STOP_LATER, api_visibility="private")
        spoken.stop_recording(fn=None, js=_STOPPED, api_visibility="private")
        examples.click(
            from_example, [examples, model], shows, api_visibility="private", concurrency_id="hear"
        )
        gr.on(
            [sort_by.input, backwards.input],
            sorted_rows,
            [table, sort_by, backwards],
            [table],
            trigger_mode="always_last",
            api_visibility="private",
            queue=False,
        )
        model.change(
            lambda name: (
                card(models[name].bundle),
                gr.update(visible=takes_baseline(models[name])),
            ),
            [model],
            [shown, one_voice],
            api_visibility="private",
            queue=False,
        )
    return page


def _heard(sent: Any, model: Model, uploads: Uploads, *, one_voice: bool) -> list[Heard]:
    """Answer uploads, which are deleted afterwards; ``one_voice``: after all were heard once."""
    arrived: list[tuple[str, Path | Heard]] = []
    with ExitStack() as until:
        for file in _files(sent):
            stored = Path(file["path"])
            name = Path(file.get("orig_name") or stored.name).name
            try:
                arrived.append((name, until.enter_context(uploads.heard(stored))))
            except SertainError as error:
                arrived.append((name, unheard(stored, name, error)))
        paths = [found for _, found in arrived if isinstance(found, Path)]
        caution: str | None = None
        if one_voice and paths and takes_baseline(model):
            model, caution = acquainted(model, paths)
        return [
            found
            if isinstance(found, Heard)
            else hear(model, found, name, drawn=number < DRAWN, caution=caution)
            for number, (name, found) in enumerate(arrived)
        ]


def _files(sent: Any) -> list[dict[str, Any]]:
    """What a part sent, as Gradio's descriptions of files."""
    if sent is None:
        return []
    plain = sent.model_dump() if hasattr(sent, "model_dump") else sent
    return [plain] if isinstance(plain, dict) else list(plain)


def theme() -> gr.themes.ThemeClass:
    """System fonts, and colours of Okabe and Ito, which colour-blind people tell apart."""
    import gradio as gr  # noqa: PLC0415

    system = gr.themes.Font
    blue = gr.themes.Color(
        *("#e6f3fa", "#cce6f4", "#99cdea", "#56b4e9", "#2f9bd4", "#0072b2"),
        *("#0067a0", "#005a8c", "#004a73", "#003a5a", "#002a41"),
        name="blue",
    )
    return gr.themes.Base(
        primary_hue=blue,
        font=[system("system-ui"), system("sans-serif")],
        font_mono=[system("ui-monospace"), system("monospace")],
        text_size=gr.themes.sizes.text_lg,
    ).set(
        # Gradio's greys are too faint to read for many people.
        body_text_color_subdued="#5f6368",
        body_text_color_subdued_dark="#b8bcc2",
        link_text_color="#005a8c",
        link_text_color_dark="#7cc4f0",
        border_color_primary="#8a8a8a",
        border_color_primary_dark="#7a7a7a",
    )


def style() -> str:
    """The page's own rules."""
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
