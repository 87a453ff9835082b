import { expect, test } from 'vitest';
import * as format from '../src/format';

test('power and energy choose their unit, and unknown is never zero', () => {
  expect(format.power(0)).toBe('0 W');
  expect(format.power(940)).toBe('940 W');
  expect(format.power(21_400)).toBe('21.4 kW');
  expect(format.power(412_000)).toBe('412 kW');
  expect(format.power(5_120_400)).toBe('5.12 MW');
  expect(format.power(null)).toBe(format.UNKNOWN);
  expect(format.energy(18_240)).toBe('18.24 kWh');
  expect(format.energy(945_180)).toBe('945.2 kWh');
  expect(format.energy(2_391_583)).toBe('2.39 MWh');
  expect(format.energy(undefined)).toBe(format.UNKNOWN);
  expect(format.amps(31_250)).toBe('31.3 A');
});

test('durations and ages are short words', () => {
  expect(format.duration(42)).toBe('42 s');
  expect(format.duration(720)).toBe('12 min');
  expect(format.duration(273_600)).toBe('3 d 4 h');
  expect(format.duration(3_720)).toBe('1 h 02 min');
  const now = Date.parse('2026-03-02T12:00:00Z');
  expect(format.ago('2026-03-02T11:59:57Z', now)).toMatch(/3\s?s(ec)?\.? ago/);
  expect(format.ago('2026-03-02T09:00:00Z', now)).toMatch(/3\s?h/);
  expect(format.ago('never', now)).toBe(format.UNKNOWN);
});

test('JSON is laid out without touching its numbers', () => {
  const wire = '{"transactionId":9223372036854775807,"v":[1.10,-2e3],"s":"a \\"q\\" {x}","e":{},"n":null}';
  const text = format.pretty(wire);
  expect(text).toContain('"transactionId": 9223372036854775807');
  expect(text).toContain('1.10');
  expect(text).toContain('-2e3');
  expect(text).toContain('"a \\"q\\" {x}"');
  expect(text).toContain('"e": {}');
  expect(text.replace(/\n\s*|(?<=:) /g, '')).toBe(wire);
  expect(format.pretty('[2,"half')).toBe('[2,"half');
});
