import { type Variable, variablesOf } from './variables.js';

/** The variables of a class as a Markdown table, for READMEs: name, meaning, form, default. */
export function describeVariables(type: abstract new () => object): string {
  const rows = variablesOf(type).map((variable) => [
    `\`${variable.name}\`${variable.secret ? ` or \`${variable.name}_FILE\`` : ''}`,
    variable.description,
    variable.form,
    defaultOf(variable),
  ]);
  const table = [['Variable', 'Meaning', 'Form', 'Default'], ['---', '---', '---', '---'], ...rows];
  return table.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n');
}

function defaultOf({ default: value, optional, requiredWhen }: Variable): string {
  if (requiredWhen !== undefined) {
    const conditions = Object.entries(requiredWhen).map(([name, wanted]) => `\`${name}=${wanted}\``);
    return `required when ${conditions.join(' and ')}`;
  }
  if (value === undefined) return optional ? 'none' : 'required';
  const text = value.toString();
  return text === '' ? 'empty' : `\`${text}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
