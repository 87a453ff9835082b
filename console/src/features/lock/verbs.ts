// What one can do with a lock; kept apart, since the window is loaded when it is first needed.
export type Verb = 'lock' | 'unlock' | 'password' | 'remove' | 'lost';
