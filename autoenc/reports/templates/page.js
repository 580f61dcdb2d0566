"use strict";
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = [];

  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;

  // Charts are drawn on a canvas, which style sheets do not reach.
  const paint = (plot) => {
    const style = getComputedStyle(root);
    const [ink, quiet, line] = ["--ink", "--quiet", "--line"].map((name) =>
      style.getPropertyValue(name).trim());
    for (const axis of [...plot.below, ...plot.left]) {
      axis.setv({
        axis_label_text_color: ink, major_label_text_color: quiet, axis_line_color: quiet,
        major_tick_line_color: quiet, minor_tick_line_color: null,
        axis_label_text_font_style: "normal",
      });
    }
    for (const grid of plot.center) grid.setv({grid_line_color: line});
  };

  const showTheme = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    drawn.forEach(paint);
  };

  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  prefersDark.addEventListener("change", showTheme);

  const answer = (data, i) => {
    const label = data.label ? `, ${data.label[i]}` : "";
    return `Row ${data.row[i]}${label}: error ${data.error[i]}, at ` +
      `(${data.x[i].toPrecision(3)}, ${data.y[i].toPrecision(3)})`;
  };

  const connectFinder = (plot) => {
    const input = document.getElementById("finder");
    if (!input) return;
    const output = document.getElementById("finder-answer");
    const source = plot.renderers[0].data_source;
    const names = source.columns().filter((name) => name !== "colour");
    const data = Object.fromEntries(names.map((name) => [name, source.get_column(name)]));
    const rows = Array.from(data.row);
    const options = rows.map((row) => {
      const option = document.createElement("option");
      option.value = row;
      return option;
    });
    document.getElementById("finder-rows").append(...options);
    let place = -1;
    const show = () => {
      source.selected.indices = place < 0 ? [] : [place];
      output.textContent = place < 0 ? "There is no such point." : answer(data, place);
    };
    input.addEventListener("input", () => {
      place = rows.indexOf(input.value.trim());
      show();
    });
    input.addEventListener("keydown", (event) => {
      const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (!step) return;
      event.preventDefault();
      place = (Math.max(place, step > 0 ? -1 : 0) + step + rows.length) % rows.length;
      input.value = rows[place];
      show();
    });
  };

  const draw = async (holder) => {
    const views = await Bokeh.embed.embed_item(JSON.parse(holder.textContent), holder.dataset.target);
    const plot = [...views][0].model;
    drawn.push(plot);
    if (holder.dataset.target === "codes-chart") connectFinder(plot);
  };

  const charts = [...document.querySelectorAll(".chart-content")];
  Promise.all(charts.map(draw)).then(() => {
    showTheme();
    root.dataset.ready = "true";
  });
})();
