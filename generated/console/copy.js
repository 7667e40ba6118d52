// Bundled from src/console/browser/ by `npm run generate`; edit the sources, not this file.
// src/console/browser/dom.ts
function find(selector, within = document) {
	const found = within.querySelector(selector);
	if (found === null) throw new Error(`the page has no ${selector}`);
	return found;
}
function element(name, className = "", text = "") {
	const created = document.createElement(name);
	created.className = className;
	created.textContent = text;
	return created;
}
// src/console/browser/copy.ts
const shownMs = 2e3;
const status = element("p", "unseen");
status.setAttribute("role", "status");
document.body.append(status);
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = button.dataset["copy"] === "";
document.addEventListener("click", ({ target }) => {
	const button = target instanceof Element ? target.closest("[data-copy]") : null;
	if (button === null) return;
	const { copy = "", label = button.textContent } = button.dataset;
	button.dataset["label"] = label;
	copyText(copy).then(() => show(button, "Copied", label), () => show(button, "Not copied", label));
});
async function copyText(text) {
	const clipboard = navigator.clipboard;
	if (clipboard !== void 0) return clipboard.writeText(text);
	const focused = document.activeElement;
	const field = document.createElement("textarea");
	field.value = text;
	find("main").append(field);
	field.select();
	const isCopied = document.execCommand("copy");
	field.remove();
	if (focused instanceof HTMLElement) focused.focus();
	if (!isCopied) throw new Error("the browser refused to copy");
}
function show(button, words, label) {
	button.textContent = words;
	status.textContent = words;
	setTimeout(() => {
		button.textContent = label;
		status.textContent = "";
	}, shownMs);
}
