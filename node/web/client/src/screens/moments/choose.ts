/** Lets somebody choose files of this device; none if they leave without. */
export function choose(how: { accept: string; several?: boolean; camera?: boolean }): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = how.accept;
    input.multiple = !!how.several;
    input.hidden = true;
    if (how.camera) input.capture = 'environment';
    const end = () => {
      input.remove();
      resolve([...(input.files ?? [])]);
    };
    input.addEventListener('change', end);
    input.addEventListener('cancel', end);
    document.body.append(input); // not every browser tells of one that is nowhere
    input.click();
  });
}
