/* plotly.js for an isolated network: no share button, no outside server, Chinese where the page is Chinese. */
(function () {
  "use strict";
  const plotly = window.Plotly;
  if (!plotly) return;
  plotly.register({
    moduleType: "locale",
    name: "zh-CN",
    dictionary: { "Autoscale": "自动缩放", "Reset axes": "重置坐标轴", "Double-click to zoom back out": "双击返回", "Download plot as a png": "保存为图片" },
    format: {
      days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
      shortDays: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
      months: ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
      shortMonths: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
      date: "%Y-%m-%d"
    }
  });
  plotly.setPlotConfig({
    showSendToCloud: false, plotlyServerURL: "", displaylogo: false, displayModeBar: false,
    locale: document.documentElement.lang === "en" ? "en-US" : "zh-CN"
  });
})();
