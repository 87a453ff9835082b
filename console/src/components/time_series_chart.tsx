// The only file that knows the chart library; it is loaded when a chart is first shown.
import { useComputedColorScheme } from '@mantine/core';
import { LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import * as format from '../format';
import { type Series, writeValue } from './time_series';

use([LineChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, CanvasRenderer]);

const COLOURS = {
  light: ['#0b69c7', '#0d7a5f', '#b45f06', '#7a45c9', '#52606d'],
  dark: ['#74b8ff', '#4bbd98', '#f3b45f', '#c3a6ff', '#9aa7b4'],
};

export default function TimeSeriesChart({
  title,
  series,
  height,
}: {
  title: string;
  series: Series[];
  height: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init> | null>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current);
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const dark = scheme === 'dark';
    const quiet = dark ? '#9aa7b4' : '#52606d';
    const line = dark ? '#242e38' : '#e6eaee';
    const colours = COLOURS[scheme];
    const units = [...new Set(series.map((one) => one.unit))].slice(0, 2);
    chart.current?.setOption(
      {
        animation: false,
        color: colours,
        textStyle: { fontFamily: 'inherit' },
        aria: { enabled: true, label: { description: title } },
        grid: {
          left: 8,
          right: units.length > 1 ? 8 : 14,
          top: series.length > 1 ? 34 : 14,
          bottom: 6,
          containLabel: true,
        },
        legend:
          series.length > 1
            ? {
                top: 0,
                left: 0,
                icon: 'roundRect',
                itemWidth: 12,
                itemHeight: 4,
                textStyle: { color: quiet },
              }
            : undefined,
        tooltip: {
          trigger: 'axis',
          // Names come from stations: drawn as canvas text, never as HTML.
          renderMode: 'richText',
          backgroundColor: dark ? '#19212a' : '#ffffff',
          borderColor: line,
          textStyle: { color: dark ? '#e6ebf0' : '#14202b', fontSize: 12 },
          axisPointer: { lineStyle: { color: quiet } },
        },
        xAxis: {
          type: 'time',
          axisLine: { lineStyle: { color: line } },
          axisTick: { show: false },
          axisLabel: { color: quiet, fontSize: 11, hideOverlap: true },
        },
        yAxis: units.map((unit, i) => ({
          type: 'value',
          position: i === 0 ? 'left' : 'right',
          min: 0,
          max: unit === 'percent' ? 100 : undefined,
          interval: unit === 'percent' ? 25 : undefined,
          splitNumber: 4,
          splitLine: { show: i === 0, lineStyle: { color: line } },
          axisLabel: { color: quiet, fontSize: 11, formatter: (value: number) => writeValue(unit, value) },
        })),
        series: series.map((one, i) => ({
          type: 'line',
          name: one.name,
          yAxisIndex: Math.max(0, units.indexOf(one.unit)),
          data: one.points,
          showSymbol: one.points.length < 2,
          step: one.dashed ? 'end' : undefined,
          lineStyle: { width: 2, type: one.dashed ? 'dashed' : 'solid' },
          areaStyle: one.area
            ? { opacity: dark ? 0.16 : 0.1, color: colours[i % colours.length] }
            : undefined,
          tooltip: {
            valueFormatter: (value: unknown) =>
              typeof value === 'number' ? writeValue(one.unit, value) : format.UNKNOWN,
          },
        })),
      },
      true,
    );
  }, [series, scheme, title]);

  return <div ref={box} style={{ height, width: '100%' }} role="img" aria-label={title} />;
}
