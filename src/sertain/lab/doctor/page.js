"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const list = document.getElementById("clips");
const state = document.getElementById("state");
let now = 0;

function made(kind, text, own = {}) {
  const part = document.createElement(kind);
  if (text) part.textContent = text;
  for (const [name, value] of Object.entries(own)) {
    if (name.startsWith("aria-")) part.setAttribute(name, value);
    else part[name] = value;
  }
  return part;
}

function button(text, does) {
  const part = made("button", text, { type: "button" });
  part.addEventListener("click", does);
  return part;
}

function sound(clip) {
  return made("audio", "", { src: `sound/${clip.number}`, controls: true, preload: "none",
    "aria-label": `${clip.key}, labelled ${clip.label}` });
}

async function decide(keys, decision, label) {
  if (!keys.length) return true;
  const answer = await fetch("decide", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ clips: keys, decision, new_label: label }),
  }).catch(() => null);
  if (!answer || !answer.ok) {
    state.textContent = "Not saved: " + (answer ? await answer.text() : "the page's server has stopped");
    return false;
  }
  for (const key of keys) {
    if (decision) data.decided[key] = { decision, new_label: label };
    else delete data.decided[key];
  }
  show();
  return true;
}

const shown = data.clips.map((clip, at) => {
  const item = made("li", "", { className: "clip", tabIndex: -1 });
  item.append(made("h2", `${at + 1}. ${clip.key}`));
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  item.append(made("p", `Labelled ${clip.label} (${percent(clip.probability)}), rather ` +
    `${clip.probable} (${percent(clip.probability_of_probable)}); speaker ${clip.speaker}`));
  if (clip.twins.length) {
    item.append(made("p", `The same recording stands under another label: ${clip.twins.join(", ")}`,
      { className: "twins" }));
  }
  const row = made("div", "", { className: "sound" });
  const player = sound(clip);
  row.append(player, made("img", "", { src: `picture/${clip.number}`, loading: "lazy",
    alt: `Spectrogram of ${clip.key}, 0 to 8 kHz` }));
  const choice = made("select", "", { "aria-label": `New label of ${clip.key}` });
  for (const label of data.labels[clip.channel]) {
    if (label !== clip.label) {
      choice.append(made("option", label, { value: label, selected: label === clip.probable }));
    }
  }
  const settle = async (decision) => {
    now = at;
    if (await decide([clip.key], decision, decision === "change" ? choice.value : null)) {
      if (decision) step(1);
    }
  };
  const buttons = {
    keep: button(`Keep ${clip.label}`, () => settle("keep")),
    change: button("Change to", () => settle("change")),
    drop: button("Drop", () => settle("drop")),
  };
  const back = button("Take back", () => settle(""));
  const bar = made("div", "", { className: "buttons" });
  bar.append(buttons.keep, buttons.change, choice, buttons.drop, back);
  const verdict = made("p", "", { className: "verdict" });
  item.append(row, bar, verdict);
  item.addEventListener("focusin", () => mark(at));
  list.append(item);
  return { clip, item, player, choice, buttons, back, verdict, settle };
});

function show() {
  let done = 0;
  for (const { clip, item, buttons, back, choice, verdict } of shown) {
    const own = data.decided[clip.key];
    item.classList.toggle("decided", Boolean(own));
    for (const [name, part] of Object.entries(buttons)) {
      part.setAttribute("aria-pressed", String(Boolean(own) && own.decision === name));
    }
    back.hidden = !own;
    if (own && own.new_label) choice.value = own.new_label;
    verdict.textContent = !own ? "" : own.decision === "change" ? `Changed to ${own.new_label}`
      : own.decision === "drop" ? "Dropped" : `Kept as ${clip.label}`;
    done += Boolean(own);
  }
  const all = Object.keys(data.decided).length;
  state.textContent = `${done} of ${shown.length} clips decided, ` +
    `${all} decisions saved in decisions.csv`;
}

function mark(at) {
  if (!shown.length) return;
  now = Math.max(0, Math.min(shown.length - 1, at));
  shown.forEach(({ item }, number) => item.classList.toggle("now", number === now));
}

function step(by) {
  if (!shown.length) return;
  shown[now].player.pause();
  mark(now + by);
  shown[now].item.focus({ preventScroll: true });
  shown[now].item.scrollIntoView({ block: "nearest" });
}

for (const pair of data.swapped) {
  const [first, second] = pair.labels;
  const part = made("div", "", { className: "pair" });
  part.append(made("h2", `${first} and ${second} seem swapped`));
  part.append(made("p", `A model that learnt from other corpora orders them the other way round ` +
    `(AUC ${pair.auc.toFixed(2)}). Listen to some of each before deciding for all.`));
  for (const label of pair.labels) {
    const row = made("div", "", { className: "examples" });
    row.append(made("span", `labelled ${label}:`), ...pair.examples[label].map(sound));
    part.append(row);
  }
  const everything = pair.keys[first].length + pair.keys[second].length;
  const left = (keys) => keys.filter((key) => data.decided[key]?.decision !== "drop");
  const bar = made("div", "", { className: "buttons" });
  bar.append(
    button(`Exchange both labels of all ${everything} clips`, async () => {
      if (await decide(left(pair.keys[first]), "change", second)) {
        await decide(left(pair.keys[second]), "change", first);
      }
    }),
    button("Take that back", () => decide(left([...pair.keys[first], ...pair.keys[second]]), "", null)),
  );
  part.append(bar);
  document.getElementById("swapped").append(part);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !shown.length) return;
  const on = event.target.tagName;
  if (on === "SELECT" || on === "AUDIO") return;
  const one = shown[now];
  const does = {
    k: () => one.settle("keep"),
    c: () => one.settle("change"),
    d: () => one.settle("drop"),
    u: () => one.settle(""),
    j: () => step(1),
    ArrowDown: () => step(1),
    i: () => step(-1),
    ArrowUp: () => step(-1),
    " ": () => (one.player.paused ? one.player.play() : one.player.pause()),
  };
  let act = does[event.key];
  if (event.key === " " && (on === "BUTTON" || on === "SUMMARY")) return;
  if (/^[1-9]$/.test(event.key) && Number(event.key) <= one.choice.options.length) {
    act = () => { one.choice.selectedIndex = Number(event.key) - 1; };
  }
  if (act) {
    event.preventDefault();
    act();
  }
});

mark(0);
show();
