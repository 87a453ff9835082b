// How a setting is written for people: a key of 1.6 by its name, a variable of 2.x with its component.
type Name = { component?: string | null; variable: string };

export const nameOf = ({ component, variable }: Name) => (component ? `${component}.${variable}` : variable);
