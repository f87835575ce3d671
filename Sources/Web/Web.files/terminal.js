// On a shared terminal: locks the screen soon after nobody is at it, and hands what was typed to the server, which gives it
// back to the same person only. Loaded only there: <script type="module" src="terminal.js">.

const own = document.querySelector("form[data-terminal]");
const lockMs = Number(own.dataset.terminal);
const token = own.elements.namedItem("_token").value;
const here = location.pathname + location.search;
const others = "BroadcastChannel" in window ? new BroadcastChannel("mamorite-lock") : null;
let last = Date.now();
let told = Date.now();
let isLocked = false;

// What people type or choose; never passwords, files, or what the page brought along itself.
function typed(form) {
  const fields = [];
  for (const field of form.elements) {
    if (!field.name || field.disabled || ["hidden", "password", "file", "submit", "button", "reset"].includes(field.type)) continue;
    if (["radio", "checkbox"].includes(field.type) && !field.checked) continue;
    if (field.tagName === "SELECT" && field.multiple) for (const each of field.selectedOptions) fields.push([field.name, each.value]);
    else if ("value" in field && field.tagName !== "FIELDSET" && field.tagName !== "BUTTON") fields.push([field.name, field.value]);
  }
  return fields;
}

function page() {
  const again = document.querySelector("form[data-resume]");
  if (again) return { path: again.getAttribute("action"), posted: true, forms: [{ action: again.getAttribute("action"), fields: [...new FormData(again)] }] };
  const forms = [...document.forms].filter((form) => form !== own && form.method === "post");
  const drafts = {};
  try { for (const [name, value] of Object.entries(sessionStorage)) drafts[name] = value; } catch { /* There are none. */ }
  return { path: here, posted: false, drafts, forms: forms.map((form) => ({ action: form.getAttribute("action") ?? "", fields: typed(form) })) };
}

async function lock() {
  if (isLocked) return;
  isLocked = true;
  const body = new URLSearchParams({ _token: token, page: JSON.stringify(page()) });
  // Nothing of the page can be seen or reached from here on, also while the server does not answer.
  document.documentElement.dataset.locked = "";
  document.body.inert = true;
  try { sessionStorage.clear(); } catch { /* As above. */ }
  others?.postMessage("lock");
  for (;;) {
    try {
      const answer = await fetch("/terminal/lock", { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(10000) });
      // Whoever has been locked or signed out meanwhile gets the same page.
      if (answer.type === "opaqueredirect" || answer.status < 500) break;
    } catch { /* Not there: again. */ }
    await new Promise((done) => setTimeout(done, 3000));
  }
  location.replace("/sign-in");
}

function seen() {
  last = Date.now();
  if (isLocked || last - told < lockMs / 6) return;
  told = last;
  fetch("/terminal/presence", { method: "POST", body: new URLSearchParams({ _token: token }), headers: { Accept: "application/json" } })
    .then((answer) => { if (answer.status === 423 || answer.status === 401) lock(); })
    .catch(() => { /* The next movement tries again. */ });
}

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "input"]) addEventListener(kind, seen, { passive: true, capture: true });
setInterval(() => { if (Date.now() - last >= lockMs) lock(); }, 1000);
others?.addEventListener("message", lock);
own.addEventListener("submit", (event) => { event.preventDefault(); lock(); });

// Puts back what was kept, without saving it: the person looks at it first.
function put(kept) {
  let any = false;
  for (const [place, stored] of kept.forms.entries()) {
    const same = [...document.forms].filter((form) => form !== own && form.method === "post");
    const form = same[place]?.getAttribute("action") === stored.action ? same[place] : same.find((each) => each.getAttribute("action") === stored.action);
    if (!form) continue;
    const values = new Map();
    for (const [name, value] of stored.fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const field of form.elements) {
      if (!field.name || ["hidden", "password", "file", "submit", "button"].includes(field.type) || field.tagName === "FIELDSET") continue;
      if (["radio", "checkbox"].includes(field.type)) { field.checked = values.get(field.name)?.includes(field.value) ?? false; continue; }
      const value = values.get(field.name)?.shift();
      if (value === undefined || field.value === value) continue;
      field.value = value;
      any = true;
    }
  }
  try { for (const [name, value] of Object.entries(kept.drafts ?? {})) sessionStorage.setItem(name, value); } catch { /* As above. */ }
  if (any) document.querySelector("[data-terminal-restored]")?.removeAttribute("hidden");
}

if (own.dataset.kept) {
  const answer = await fetch("/terminal/kept", { method: "POST", body: new URLSearchParams({ _token: token, path: here }), headers: { Accept: "application/json" } });
  if (answer.ok) put(await answer.json());
}
