import { expect, test } from 'vitest';
import { passwordFile } from '../src/features/stations/password_file';

test('identities cannot be formulas, nor break the table', () => {
  const file = passwordFile([
    { identity: 'A-1', password: 'one' },
    { identity: '=1+1', password: 'two' },
    { identity: "'=x", password: 'three' },
    { identity: 'a,"b"', password: '-four' },
  ]);
  expect(file).toBe('identity,password\r\nA-1,one\r\n\'=1+1,two\r\n\'\'=x,three\r\n"a,""b""",\'-four\r\n');
});
