import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Sheet } from '../../ui/Sheet';
import { readFrame } from './scan';

/** How often a frame is looked at: a hand moves slower. */
const every = 150;

/** The camera, until it sees a code. */
export default function ScanSheet({ onFound, onClose }: { onFound: (text: string) => void; onClose: () => void }) {
  const film = useRef<HTMLVideoElement>(null);
  const [wrong, setWrong] = useState('');
  const done = useRef(false);
  useEffect(() => {
    let stream: MediaStream | undefined, timer: ReturnType<typeof setInterval> | undefined;
    const stop = () => {
      clearInterval(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
    const begin = async () => {
      if (!navigator.mediaDevices) return setWrong(t('scan.none')); // also on pages without a certificate
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
      } catch (error) {
        return setWrong((error as Error).name === 'NotAllowedError' ? t('scan.refused') : t('scan.none'));
      }
      const box = film.current;
      if (done.current || !box) return stop();
      box.srcObject = stream;
      await box.play().catch(() => {});
      timer = setInterval(() => {
        const text = readFrame(box);
        if (!text || done.current) return;
        done.current = true;
        stop();
        navigator.vibrate?.(30);
        onClose();
        onFound(text);
      }, every);
    };
    void begin();
    return () => {
      done.current = true;
      stop();
    };
  }, []);
  return (
    <Sheet title={t('add.scan')} onClose={onClose}>
      {wrong ? <p class="ask-wrong" role="alert">{wrong}</p> : (
        <div class="scan">
          <video ref={film} class="scan-film" playsInline muted aria-label={t('scan.camera')} />
          <span class="scan-frame" aria-hidden="true" />
        </div>
      )}
      <p class="scan-hint">{t('scan.hint')}</p>
    </Sheet>
  );
}
