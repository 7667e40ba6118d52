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
function definitionRows(rows) {
	return rows.map(([term, fact]) => {
		const row = document.createElement("div");
		row.append(element("dt", "", term), element("dd", "", fact));
		return row;
	});
}
function setText(target, text) {
	if (target.textContent !== text) target.textContent = text;
}
function clockTime(date) {
	return date.toTimeString().slice(0, 8);
}
const notGranted = [
	{
		name: "refused",
		kinds: ["refused"]
	},
	{
		name: "not valid",
		kinds: [
			"violation",
			"no_credential",
			"unread"
		]
	},
	{
		name: "throttled",
		kinds: ["throttled"]
	},
	{
		name: "unavailable",
		kinds: ["unavailable"]
	},
	{
		name: "fault",
		kinds: ["fault"]
	}
];
function barsOf({ history, contracts }, span) {
	const { begin, slotLength, slotCount } = history;
	const length = span / 60;
	const end = Math.ceil((begin + slotCount * slotLength) / length) * length;
	return Array.from({ length: 60 }, (_bar, index) => {
		const at = end - (60 - index) * length;
		const [first = 0, last] = [at, at + length].map((time) => Math.max(Math.round((time - begin) / slotLength), 0));
		const within = (counts = []) => sum(counts.slice(first, last));
		const ofKinds = (kinds) => sum(contracts.flatMap(({ series }) => kinds.map((kind) => within(series[kind]))));
		return {
			at,
			up: contracts.map(({ series }) => within(series["granted"])),
			down: notGranted.map(({ kinds }) => ofKinds(kinds))
		};
	});
}
function total({ contracts }, kinds) {
	return sum(contracts.flatMap(({ series }) => kinds.flatMap((kind) => series[kind] ?? [])));
}
function sum(numbers) {
	return numbers.reduce((all, each) => all + each, 0);
}
function durationOf(seconds) {
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
	const hours = Math.floor(seconds / 3600);
	return hours < 48 ? `${hours} h ${Math.floor(seconds % 3600 / 60)} min` : `${Math.floor(hours / 24)} d`;
}
function counted(count, name) {
	return `${count.toLocaleString("en")} ${name}${count === 1 ? "" : "s"}`;
}
const [left, right, top, axis, height] = [
	40,
	2,
	10,
	26,
	300
];
const room = height - top - axis;
function drawBars({ bars, labelEvery, chosen }, width) {
	const drawing = shape("svg", {
		viewBox: `0 0 ${width} ${height}`,
		width,
		height,
		"aria-hidden": "true"
	});
	if (chosen !== void 0) drawing.setAttribute("class", "has-chosen");
	const [up, down] = [Math.max(...bars.map((bar) => sum(bar.up))), Math.max(...bars.map((bar) => sum(bar.down)))];
	const step = niceStep(Math.max(up, down, 4));
	const [above, below] = [Math.max(Math.ceil(up / step), 1) * step, Math.ceil(down / step) * step];
	const perUnit = (room - (below === 0 ? 8 : 0)) / (above + below);
	const zero = top + above * perUnit;
	const slot = (width - left - right) / bars.length;
	for (let value = -below; value <= above; value += step) {
		const y = zero - value * perUnit;
		drawing.append(shape("line", {
			class: value === 0 ? "zero" : "grid",
			x1: left,
			x2: width - right,
			y1: y,
			y2: y
		}), textShape(left - 8, y + 4, Math.abs(value).toLocaleString("en"), "axis-words axis-end"));
	}
	bars.forEach((bar, index) => {
		const x = left + index * slot;
		const isChosen = index === chosen;
		if (isChosen) drawing.append(shape("rect", {
			class: "chosen",
			x,
			y: top,
			width: slot,
			height: room
		}));
		if (bar.at % labelEvery === 0 && x > left + 14 && x < width - 24) drawing.append(shape("line", {
			class: "tick",
			x1: x,
			x2: x,
			y1: top + room,
			y2: top + room + 5
		}), textShape(x, height - 6, timeOf(bar.at, false), "axis-words"));
		const group = shape("g", { class: isChosen ? "bar is-chosen" : "bar" });
		group.append(...stack(bar.up, "ray", -perUnit), ...stack(bar.down, "kind", perUnit));
		group.setAttribute("transform", `translate(${x} ${zero})`);
		drawing.append(group);
	});
	if (up + down === 0) drawing.append(textShape(width / 2, top + room / 2, "No requests in this time", "axis-words"));
	return drawing;
	function stack(parts, name, perPart) {
		const gap = Math.min(Math.max(slot * .22, 1), 4);
		let end = Math.sign(perPart);
		return parts.flatMap((count, index) => {
			if (count === 0) return [];
			const length = Math.max(Math.abs(count * perPart), 1.5);
			const y = perPart < 0 ? end - length : end;
			end += Math.sign(perPart) * length;
			const size = {
				x: gap / 2,
				y,
				width: slot - gap,
				height: Math.max(length - .75, 1)
			};
			return [shape("rect", {
				class: `${name}-${index % 5 + 1}`,
				rx: 1,
				...size
			})];
		});
	}
}
function barAt(count, width, x) {
	const index = Math.floor((x - left) / (width - left - right) * count);
	return Math.min(Math.max(index, 0), count - 1);
}
function drawLine(values, ray) {
	const [width, tall] = [160, 36];
	const most = Math.max(...values, 1);
	const points = values.map((value, index) => {
		return `${(index / Math.max(values.length - 1, 1) * width).toFixed(1)} ${(tall - 2 - value / most * (tall - 5)).toFixed(1)}`;
	});
	const drawing = shape("svg", {
		viewBox: `0 0 ${width} ${tall}`,
		preserveAspectRatio: "none",
		class: `line ray-${ray}`,
		"aria-hidden": "true"
	});
	drawing.append(shape("path", {
		class: "line-area",
		d: `M0 ${tall} L${points.join(" L")} L${width} ${tall}Z`
	}), shape("path", {
		fill: "none",
		d: `M${points.join(" L")}`,
		"vector-effect": "non-scaling-stroke"
	}));
	return drawing;
}
function timeOf(at, withSeconds) {
	return clockTime(new Date(at * 1e3)).slice(0, withSeconds ? 8 : 5);
}
function niceStep(most) {
	const rough = most / 4;
	const power = 10 ** Math.floor(Math.log10(rough));
	const factor = [
		1,
		2,
		5,
		10
	].find((each) => each * power >= rough) ?? 10;
	return Math.max(factor * power, 1);
}
function textShape(x, y, text, name) {
	const created = shape("text", {
		x,
		y,
		class: name
	});
	created.textContent = text;
	return created;
}
function shape(name, attributes) {
	const created = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
	return created;
}
// src/console/browser/status-events.ts
const types = {
	reused: "Reuse, session ended",
	store_behind: "Store behind",
	revoked: "Revoked",
	key_sets_compromised: "Keys compromised"
};
const storageKey = "refract-admin-token";
const intervalMs$1 = 1e4;
const maxEvents = 12;
const refused = new Error("the token is refused");
function showEvents(adminPath, rayOf) {
	const form = find(".token");
	const field = find("#admin-token");
	const forget = find(".forget");
	const words = find(".events-words");
	const list = find(".event-list");
	let timer;
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		sessionStorage.setItem(storageKey, field.value.trim());
		field.value = "";
		poll();
	});
	forget.addEventListener("click", () => {
		close("The token is forgotten.");
		field.focus();
	});
	document.addEventListener("visibilitychange", poll);
	poll();
	function poll() {
		clearTimeout(timer);
		const token = sessionStorage.getItem(storageKey);
		if (token === null || document.hidden) return;
		readEvents(adminPath, token).then((events) => {
			if (sessionStorage.getItem(storageKey) !== token) return;
			show(events);
			timer = setTimeout(poll, intervalMs$1);
		}, (reason) => {
			if (reason === refused) {
				close("This is not an admin token of this server.");
				return;
			}
			setText(words, "The events cannot be read now. The page retries every ten seconds.");
			timer = setTimeout(poll, intervalMs$1);
		});
	}
	function show(events) {
		form.hidden = true;
		forget.hidden = false;
		list.hidden = events.length === 0;
		setText(words, events.length === 0 ? "No reuse, no revocation, and the store was never behind." : "");
		list.replaceChildren(...events.map(row));
	}
	function row({ at, type, contract, subjectId, sessionId, reason, actor }) {
		const item = element("li", `event event-${type}`);
		const date = new Date(at * 1e3);
		const time = element("time", "", dayTime(date));
		time.setAttribute("datetime", date.toISOString());
		const about = [
			subjectId === null ? "" : `subject ${subjectId}`,
			sessionId === null ? "" : `session ${sessionId}`,
			reason ?? "",
			actor === null ? "" : `by ${actor}`
		];
		item.append(time, element("strong", "", types[type] ?? type), element("span", contract === null ? "" : `key ray-${rayOf(contract)}`, contract ?? "all contracts"), element("span", "quiet", about.filter((part) => part !== "").join(" · ")));
		return item;
	}
	function close(message) {
		clearTimeout(timer);
		sessionStorage.removeItem(storageKey);
		list.replaceChildren();
		list.hidden = true;
		forget.hidden = true;
		form.hidden = false;
		setText(words, message);
	}
}
async function readEvents(adminPath, token) {
	const pages = Object.keys(types).map(async (type) => {
		const headers = { authorization: `Bearer ${token}` };
		const response = await fetch(`${adminPath}/audit?type=${type}&limit=${maxEvents}`, {
			headers,
			cache: "no-store"
		});
		if (response.status === 401) throw refused;
		if (!response.ok) throw new Error(String(response.status));
		return (await response.json()).events;
	});
	return (await Promise.all(pages)).flat().sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, maxEvents);
}
function dayTime(date) {
	const time = clockTime(date);
	if (date.toDateString() === new Date().toDateString()) return time;
	return `${date.toLocaleDateString("en", {
		day: "numeric",
		month: "short"
	})}, ${time.slice(0, 5)}`;
}
// src/console/browser/status.ts
const intervalMs = 5e3;
const hour = 3600;
const state = find(".state");
const chart = find(".chart");
const { status: address = "", admin: adminPath = "" } = state.dataset;
const names = [...document.querySelectorAll("[data-contract]")].map((row) => row.dataset["contract"]);
const rayOf = (contract) => Math.max(names.indexOf(contract), 0) % 5 + 1;
let status;
let span = hour;
let chosen;
let timer;
const buttons = document.querySelectorAll(".spans button");
for (const button of buttons) button.addEventListener("click", () => {
	span = Number(button.dataset["span"]);
	for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
	choose(void 0);
});
chart.addEventListener("pointermove", (event) => {
	const { left, width } = chart.getBoundingClientRect();
	choose(barAt(60, width, event.clientX - left));
});
for (const type of ["pointerleave", "blur"]) chart.addEventListener(type, () => choose(void 0));
chart.addEventListener("keydown", (event) => {
	const at = chosen ?? 60;
	const moved = {
		ArrowLeft: at - 1,
		ArrowRight: at + 1,
		Home: 0,
		End: 59
	}[event.key];
	if (event.key === "Escape") choose(void 0);
	if (moved === void 0) return;
	event.preventDefault();
	choose(Math.min(Math.max(moved, 0), 59));
});
new ResizeObserver(draw).observe(chart);
document.addEventListener("visibilitychange", poll);
showEvents(adminPath, rayOf);
poll();
function poll() {
	clearTimeout(timer);
	if (document.hidden) return;
	fetch(address, { cache: "no-store" }).then(async (response) => {
		if (!response.ok) throw new Error(String(response.status));
		status = await response.json();
		show(status);
	}).catch(() => {
		state.classList.add("is-away");
		setText(find(".state-words"), "Not reached.");
		setText(find(".lead"), "The server does not respond. The page shows its last known state.");
	}).finally(() => {
		timer = setTimeout(poll, intervalMs);
	});
}
function show(now) {
	const troubles = now.checks.filter(({ trouble }) => trouble !== null);
	state.classList.remove("is-away");
	state.classList.toggle("is-troubled", troubles.length > 0);
	setText(find(".state-words"), troubles.length === 0 ? "Ready." : "Not ready.");
	setText(find(".lead"), troubles.length > 0 ? troubles.map(({ trouble }) => trouble).join(" ") : readyWords(now));
	fill(".checks", now.checks.map(({ part, trouble }) => {
		const item = element("li", trouble === null ? "" : "is-ill", part);
		item.append(element("span", "unseen", trouble === null ? ": ready" : ": not ready"));
		return item;
	}));
	fill(".figures", definitionRows(figuresOf(now)));
	for (const contract of now.contracts) showContract(contract, now);
	fill(".legend", now.contracts.map(({ name }) => element("li", `key ray-${rayOf(name)}`, name)));
	fill(".legend-below", notGranted.flatMap(({ name, kinds }, index) => total(now, kinds) > 0 ? [element("li", `key kind-${index + 1}`, name)] : []));
	draw();
}
function readyWords({ lost, contracts }) {
	const words = lost === 0 ? "" : ` ${counted(lost, "audit event")} could not be written since the start.`;
	return `Store writable, keys loaded, ${counted(contracts.length, "contract")} served.${words}`;
}
function figuresOf(now) {
	const lastMinute = now.contracts.flatMap(({ series }) => series["granted"]?.slice(-7, -1) ?? []);
	const active = now.contracts.map(({ activeSessions }) => activeSessions);
	const isCounted = active.every((count) => count !== void 0);
	const others = notGranted.flatMap(({ kinds }) => kinds);
	return [
		["Granted, last minute", sum(lastMinute).toLocaleString("en")],
		["Granted, last hour", total(now, ["granted"]).toLocaleString("en")],
		["Not granted, last hour", total(now, others).toLocaleString("en")],
		["Active sessions", isCounted ? sum(active).toLocaleString("en") : "unknown"],
		["Uptime", durationOf(now.now - now.startedAt)]
	];
}
function showContract(contract, { contracts }) {
	const { name, activeSessions, series } = contract;
	const row = find(`[data-contract="${name}"]`);
	for (const cell of row.querySelectorAll(".count")) {
		const { kinds } = cell.dataset;
		const count = kinds === void 0 ? activeSessions : total({ contracts: [contract] }, kinds.split(" "));
		cell.textContent = count?.toLocaleString("en") ?? "–";
		cell.classList.toggle("is-zero", count === 0);
	}
	const granted = series["granted"] ?? [];
	const perMinute = Array.from({ length: 60 }, (_bar, index) => sum(granted.slice(index * 6, index * 6 + 6)));
	const most = Math.max(...contracts.map((each) => each.activeSessions ?? 0), 1);
	row.style.setProperty("--share", String((activeSessions ?? 0) / most));
	find(".spark", row).replaceChildren(drawLine(perMinute, rayOf(name)));
}
function draw() {
	if (status === void 0 || chart.clientWidth === 0) return;
	const bars = barsOf(status, span);
	const isHour = span === hour;
	const isNarrow = chart.clientWidth < 500;
	const labelEvery = isHour ? isNarrow ? 1200 : 600 : isNarrow ? 180 : 60;
	chart.replaceChildren(drawBars({
		bars,
		labelEvery,
		chosen
	}, chart.clientWidth));
	const latest = bars.toReversed().filter(({ up, down }) => sum(up) + sum(down) > 0);
	if (latest.length === 0) {
		fill(".time-table", [element("caption", "", "No requests in this time.")]);
		return;
	}
	const [head, body] = [element("thead"), element("tbody")];
	const headings = [
		"From",
		...status.contracts.map(({ name }) => name),
		...notGranted.map(({ name }) => name)
	];
	head.append(tableRow(headings.map((text) => headingCell(text, "col"))));
	body.append(...latest.map(({ at, up, down }) => {
		const cells = [...up, ...down].map((count) => element("td", "", String(count)));
		return tableRow([headingCell(timeOf(at, !isHour), "row"), ...cells]);
	}));
	fill(".time-table", [head, body]);
}
function choose(index) {
	chosen = index;
	draw();
	const bar = status === void 0 || index === void 0 ? void 0 : barsOf(status, span)[index];
	find(".readout").textContent = bar === void 0 ? "" : describeBar(bar);
}
function describeBar({ at, up, down }) {
	const words = [...up.map((count, index) => ({
		count,
		name: names[index] ?? ""
	})), ...down.map((count, index) => ({
		count,
		name: notGranted[index]?.name ?? ""
	}))].filter(({ count }) => count > 0).map(({ count, name }) => `${name} ${count.toLocaleString("en")}`).join(", ");
	return `${timeOf(at, span !== hour)} – ${words === "" ? "no requests" : words}`;
}
function tableRow(cells) {
	const row = element("tr");
	row.append(...cells);
	return row;
}
function headingCell(text, scope) {
	const cell = element("th", "", text);
	cell.setAttribute("scope", scope);
	return cell;
}
function fill(selector, content) {
	find(selector).replaceChildren(...content);
}
