// Small comforts on top of pages that work without any script.
document.addEventListener("DOMContentLoaded", () => {
  // A form that failed: bring the reader to what is wrong.
  document.querySelector(".error-summary")?.focus();

  // A double tap must not send a form twice; the server answers a repeat calmly anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
  });
  // Coming back with the browser's arrow, the buttons work again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form button:disabled:not([data-off])").forEach((button) => { button.disabled = false; });
  });

  // Passkeys: offered where the browser knows them; what goes wrong is said on the page.
  if (window.PublicKeyCredential) {
    document.querySelectorAll("[data-passkey]").forEach((button) => { button.hidden = false; });
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-trouble]").forEach((line) => { line.hidden = false; });
  });

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  // One box that ticks all boxes of its form.
  document.querySelectorAll("[data-check-all]").forEach((box) => {
    box.closest("label")?.removeAttribute("hidden");
    box.addEventListener("change", () => {
      box.form.querySelectorAll(`input[name="${box.dataset.checkAll}"]`).forEach((one) => { one.checked = box.checked; });
    });
  });
});
