// Saves a form two seconds after the last key, and says so above its buttons. Without this the server still keeps what is sent.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("form[data-draft]").forEach((form) => {
    const status = form.querySelector("[data-draft-status]");
    form.querySelector(".form-actions, button:not([type=button])")?.before(status);
    let timer = 0;
    let sent = false;

    const say = (text) => {
      if (sent) return;
      status.hidden = false;
      status.textContent = text;
    };

    const save = async () => {
      const body = new URLSearchParams();
      new FormData(form).forEach((value, name) => {
        if (typeof value === "string" && form.elements[name]?.type !== "password") body.append(name, value);
      });
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "manual" });
        if (answer.type === "opaqueredirect" || answer.status === 401) say(status.dataset.signedOut);
        else if (answer.ok) say(`${status.dataset.saved} ${(await answer.json()).saved_at}`);
        else say(status.dataset.failed);
      } catch {
        say(status.dataset.failed);
      }
    };

    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(save, 2000);
    });
    form.addEventListener("submit", () => {
      sent = true;
      clearTimeout(timer);
    });
  });
});
