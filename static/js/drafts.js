// Saves a form two seconds after the last key, and says so. The server keeps what is sent without any of this.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("form[data-draft]").forEach((form) => {
    const status = form.querySelector("[data-draft-status]");
    let timer = 0;
    let sent = false;

    const save = async () => {
      const body = new URLSearchParams();
      new FormData(form).forEach((value, name) => {
        if (typeof value === "string" && form.elements[name]?.type !== "password") body.append(name, value);
      });
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "manual" });
        if (sent) return;
        if (answer.type === "opaqueredirect") status.textContent = status.dataset.signedOut;
        else if (answer.ok) status.textContent = `${status.dataset.saved} ${(await answer.json()).saved_at}`;
        else status.textContent = status.dataset.failed;
      } catch {
        status.textContent = status.dataset.failed;
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
