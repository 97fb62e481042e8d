// Asks the browser to make a passkey, or to sign with one, and sends what it gives with the form. Pages say how to do
// without: forms that need this are shown by it.
"use strict";
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (form) =>
  (form.dataset.credentials ?? "").split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) }));

const make = async (form) => {
  const person = form.elements.namedItem("person").value;
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(form.dataset.challenge),
      rp: { id: form.dataset.rp, name: "oneroof" },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: person, displayName: person },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { userVerification: "required", residentKey: "required", requireResidentKey: true },
      attestation: "none",
    },
  });
  return {
    authenticator_data: text(made.response.getAuthenticatorData()),
    client_data: text(made.response.clientDataJSON),
  };
};

const sign = async (form) => {
  const signed = await navigator.credentials.get({
    publicKey: {
      challenge: bytes(form.dataset.challenge),
      rpId: form.dataset.rp,
      allowCredentials: known(form),
      userVerification: "required",
    },
  });
  return {
    credential: text(signed.rawId),
    authenticator_data: text(signed.response.authenticatorData),
    client_data: text(signed.response.clientDataJSON),
    assertion: text(signed.response.signature),
  };
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  for (const other of document.querySelectorAll("[data-without-passkeys]")) other.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = form.querySelector("[role=status]");
    told.textContent = "Waiting for the passkey.";
    try {
      const given = await (form.dataset.passkey === "make" ? make(form) : sign(form));
      for (const [name, value] of Object.entries(given)) form.elements.namedItem(name).value = value;
      told.textContent = "";
      form.submit();
    } catch (error) {
      told.textContent = "No passkey was used: " + error.message;
    }
  });
}
