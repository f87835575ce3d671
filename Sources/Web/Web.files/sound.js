// The inbox looks for new messages by itself and sounds when one of them is a call. Only for whoever has switched it on in this
// browser; without script, or without sound, the page is as it ever was. Loaded only by the inbox.

const box = document.querySelector("[data-sound]");
const person = document.querySelector(".top a[href='/account']")?.textContent ?? "";
const key = `sound ${person}`;
const everyMs = 20_000;

// Without storage it lasts as long as the page.
let isOn = false;
try { isOn = localStorage.getItem(key) === "on"; } catch { /* As above. */ }

const calls = (root) => [...root.querySelectorAll("[data-call]")].map((each) => each.dataset.call);
let known = new Set(calls(document));
let context = null;

function say(what) {
  const line = box.querySelector("[role=status]");
  const text = line.dataset[what] ?? "";
  if (line.textContent !== text) line.textContent = text;
}

// Browsers let a page sound only after it has been touched; until then it says so.
function ready() {
  if (context) return context.state === "running";
  if (!(navigator.userActivation?.hasBeenActive ?? true) || !window.AudioContext) return false;
  context = new AudioContext();
  return context.state === "running";
}

async function sound() {
  ready();
  if (context?.state === "suspended") await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
  if (context?.state !== "running") return say("blocked");
  // Three rising pairs of notes, quiet at their ends.
  [0, 0.5, 1].forEach((start) => [660, 880].forEach((pitch, index) => {
    const [from, note, level] = [context.currentTime + start + index * 0.2, context.createOscillator(), context.createGain()];
    note.frequency.value = pitch;
    level.gain.setValueAtTime(0.0001, from);
    level.gain.exponentialRampToValueAtTime(0.3, from + 0.03);
    level.gain.exponentialRampToValueAtTime(0.0001, from + 0.18);
    note.connect(level).connect(context.destination);
    note.start(from);
    note.stop(from + 0.2);
  }));
}

// What has come since; the list and the number above it are put in their places.
async function look() {
  if (!isOn) return;
  let page;
  try {
    const answer = await fetch("/inbox", { headers: { Accept: "text/html" } });
    // Whoever has been signed out has to see it.
    if (answer.redirected) return location.reload();
    if (!answer.ok) return say("lost");
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch { return say("lost"); }
  say(ready() ? "on" : "blocked");
  // Before the list moves over into this page.
  const found = calls(page);
  for (const place of ["[data-messages]", ".top a[href='/inbox']"]) {
    const [old, now] = [document.querySelector(place), page.querySelector(place)];
    if (old && now && old.innerHTML !== now.innerHTML && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(now));
  }
  const isNew = found.some((each) => !known.has(each));
  known = new Set([...known, ...found]);
  if (isNew) await sound();
}

function show() {
  box.querySelector("[type=checkbox]").checked = isOn;
  say(!isOn ? "off" : ready() ? "on" : "blocked");
}

// At a shared terminal a page that looks by itself would keep the screen from being locked.
if (box && !document.querySelector("[data-terminal]")) {
  box.hidden = false;
  box.querySelector("[type=checkbox]").addEventListener("change", (event) => {
    isOn = event.target.checked;
    try { localStorage.setItem(key, isOn ? "on" : "off"); } catch { /* As above. */ }
    ready();
    show();
  });
  box.querySelector("button").addEventListener("click", sound);
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => { if (isOn && !context) show(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  setInterval(look, everyMs);
  show();
}
