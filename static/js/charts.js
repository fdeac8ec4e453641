// Draws the charts beside their tables. Without ECharts the tables stand alone.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof echarts === "undefined") return;
  document.querySelectorAll("[data-chart]").forEach((figure) => {
    const { names, values, unit } = JSON.parse(figure.querySelector("script").textContent);
    if (!values.some((value) => value !== null)) return;
    const canvas = figure.querySelector(".chart-canvas");
    figure.classList.add("is-drawn");
    canvas.hidden = false;
    // Many bars, or a narrow screen: names stand on the left, where they have room.
    const narrow = window.innerWidth < 768 || names.length > 8;
    if (narrow) canvas.classList.toggle("is-tall", names.length > 8);
    const chart = echarts.init(canvas);
    chart.setOption({
      animation: false,
      grid: { left: 8, right: 24, top: 24, bottom: 8, containLabel: true },
      tooltip: { renderMode: "richText", valueFormatter: (value) => (value === null ? "—" : value + unit) },
      xAxis: narrow
        ? { type: "value", axisLabel: { formatter: `{value}${unit}` } }
        : { type: "category", data: names, axisLabel: { interval: 0, width: 90, overflow: "break", fontSize: 13 } },
      yAxis: narrow
        ? { type: "category", data: names, inverse: true, axisLabel: { width: 120, overflow: "truncate", fontSize: 13 } }
        : { type: "value", axisLabel: { formatter: `{value}${unit}` } },
      series: [{ type: "bar", data: values, itemStyle: { color: "#a3201a" }, barMaxWidth: 28 }],
    });
    window.addEventListener("resize", () => chart.resize());
  });
});
