// Passkeys: asks the browser for one and puts what it gives into the form, which then goes its usual way.
// Loaded only by pages that have such a form: <script type="module" src="passkey.js">.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (list) => (list ?? []).map((id) => ({ type: "public-key", id: bytes(id) }));

// The server's words for what it asks, with bytes in place of text.
function options(form, asked) {
  const common = { challenge: bytes(asked.challenge), timeout: asked.timeout };
  if (form.dataset.passkey === "get") {
    return { ...common, rpId: asked.rpId, userVerification: asked.userVerification, allowCredentials: known(asked.credentials) };
  }
  return {
    ...common, rp: { id: asked.rpId, name: asked.rpName }, user: { ...asked.user, id: bytes(asked.user.id) },
    pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })), attestation: "none",
    excludeCredentials: known(asked.credentials),
    authenticatorSelection: {
      residentKey: "required", requireResidentKey: true, userVerification: asked.userVerification } };
}

async function ask(form) {
  const fields = new URLSearchParams({ _token: form.elements.namedItem("_token").value });
  for (const name of ["current", "step"]) {
    const field = form.elements.namedItem(name);
    if (field) fields.set(name, field.value);
  }
  const answer = await fetch(form.dataset.challenge, { method: "POST", headers: { Accept: "application/json" }, body: fields });
  const asked = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(asked.title), { told: asked.title });
  return asked;
}

async function prove(form) {
  const asked = options(form, await ask(form));
  const isNew = form.dataset.passkey === "create";
  const made = await navigator.credentials[isNew ? "create" : "get"]({ publicKey: asked });
  const { response } = made;
  const parts = {
    credential: text(made.rawId), client: text(response.clientDataJSON),
    authenticator: text(isNew ? response.getAuthenticatorData() : response.authenticatorData),
    signature: isNew ? "" : text(response.signature), user: response.userHandle ? text(response.userHandle) : "" };
  for (const [name, value] of Object.entries(parts)) form.elements.namedItem(name).value = value;
  // Not sent twice.
  const password = form.elements.namedItem("current");
  if (password) password.disabled = true;
  // Past this listener, and as any other form.
  HTMLFormElement.prototype.submit.call(form);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const line = form.querySelector("[data-passkey-error]");
  const button = form.querySelector("button");
  const say = (words) => { line.textContent = words; line.hidden = !words; };
  form.querySelector("[data-without-script]")?.remove();
  if (!window.PublicKeyCredential || !navigator.credentials) {
    say(line.dataset.missing);
    continue;
  }
  button.hidden = false;
  for (const each of form.querySelectorAll("[data-passkey-only]")) each.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    button.disabled = true;
    try {
      await prove(form);
    } catch (fault) {
      // Browsers tell no more: refused, gone away, too late, or none there.
      const words = { InvalidStateError: line.dataset.known, NotAllowedError: line.dataset.cancelled, AbortError: line.dataset.cancelled };
      say(fault.told ?? words[fault.name] ?? line.dataset.failed);
      button.disabled = false;
    }
  });
}
