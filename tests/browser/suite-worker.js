/** One test file: uvu prints its closing lines through console.log. */
let printed = '';
console.log = (...words) => {
  printed += `${words.join(' ')}\n`;
  if (/^\s*Duration:/m.test(printed)) postMessage(printed);
};
onmessage = async ({ data }) => {
  try {
    await import(data);
  } catch (error) {
    postMessage(`${printed}${error.stack ?? error}`);
  }
};
