import type { Eyes, FaceState } from '../src/media/face.ts';
import { poseCount } from '../src/media/face.ts';
import { drawMouth, jawDrop } from './draw-mouth.ts';

const width = 1280;
const height = 720;

/** One picture of the face as an SVG document of 1280 x 720. */
export function drawFace({ pose, mouth, eyes }: FaceState): string {
  const sway = (pose / (poseCount - 1)) * 2 - 1;
  const head = `translate(${sway * 0.9} ${(1 - sway * sway) * 0.8}) rotate(${sway * 0.15} 640 520)`;
  const breath = `translate(${sway * 0.3} ${sway * 0.8})`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
${definitions}
${studio}
<g transform="${head}">${hairBehind}</g>
<g transform="${breath}">${body}</g>
<g transform="${head}">
${skin(jawDrop(mouth))}
${enlarged(588, eye(588, -1, eyes))}${enlarged(692, eye(692, 1, eyes))}
${brow(587, -1)}${brow(693, 1)}
${nose}
${drawMouth(mouth, 640, 385)}
${hairInFront}
</g>
</svg>`;
}

const enlarged = (cx: number, drawing: string) =>
  `<g transform="translate(${cx} 280) scale(1.15) translate(${-cx} -280)">${drawing}</g>`;

const gradient = (id: string, stops: string[], vector = 'x1="0" y1="0" x2="0" y2="1"') =>
  `<linearGradient id="${id}" ${vector}>${stopList(stops)}</linearGradient>`;
const radial = (id: string, stops: string[], vector = '') =>
  `<radialGradient id="${id}" ${vector}>${stopList(stops)}</radialGradient>`;
const stopList = (stops: string[]) =>
  stops
    .map((stop, i) => {
      const [colour, opacity] = stop.split('/');
      return `<stop offset="${i / (stops.length - 1)}" stop-color="${colour}" stop-opacity="${opacity ?? 1}"/>`;
    })
    .join('');
const blur = (id: string, deviation: number) =>
  `<filter id="${id}" x="-60%" y="-60%" width="220%" height="220%"><feGaussianBlur stdDeviation="${deviation}"/></filter>`;

const definitions = `<defs>
${gradient('wall', ['#e9e4de', '#cfd3d6', '#aeb9c2'], 'x1="0" y1="0" x2="1" y2="0.6"')}
${radial('window', ['#fff8ec/0.95', '#fff3df/0.5', '#fff3df/0'])}
${radial('vignette', ['#26323f/0', '#26323f/0', '#26323f/0.28'], 'cx="0.5" cy="0.45" r="0.75"')}
${radial('lamp', ['#ffdf9f/0.95', '#ffcf85/0.45', '#ffcf85/0'])}
${gradient('hair', ['#5d3b2c', '#472a20', '#331d17'])}
${gradient('hairSheen', ['#9a6a4c/0', '#9a6a4c/0.75', '#9a6a4c/0'])}
${gradient('hairDeep', ['#3a221a', '#28160f'])}
${gradient('skinTone', ['#f8d6bd', '#f4c8aa', '#e9b493'], 'gradientUnits="userSpaceOnUse" x1="581" y1="116" x2="664" y2="449"')}
${gradient('neckTone', ['#c98e6d', '#e0a988', '#edbd9e'])}
${radial('blush', ['#e8836f/0.42', '#e8836f/0'])}
${radial('glow', ['#fff0e0/0.8', '#fff0e0/0'])}
${gradient('sideShade', ['#b4704f/0', '#b4704f/0.34'], 'gradientUnits="userSpaceOnUse" x1="640" y1="0" x2="760" y2="0"')}
${radial('iris', ['#7b4f2c', '#5d3a20', '#3a2213'])}
${gradient('eyeWhite', ['#d9d3cf', '#fbf8f5'])}
${gradient('jacket', ['#40628c', '#2c4769', '#1f344f'])}
${gradient('lapel', ['#4a709d', '#2f4c70'], 'x1="0" y1="0" x2="0.4" y2="1"')}
${gradient('blouse', ['#ffffff', '#e9e4de'])}
${gradient('upperLip', ['#c96663', '#b24c4e'])}
${gradient('lowerLip', ['#cf6b68', '#dd8680', '#c4625f'])}
${gradient('inside', ['#4a1416', '#7a2627'])}
${gradient('toothTone', ['#efe9e2', '#ffffff'])}
${blur('soft30', 30)}${blur('soft14', 14)}${blur('soft8', 8)}${blur('soft4', 4)}${blur('soft2', 2)}${blur('soft1', 0.7)}
</defs>`;

const studio = `
<rect width="1280" height="720" fill="url(#wall)"/>
<ellipse cx="210" cy="200" rx="470" ry="420" fill="url(#window)"/>
<g filter="url(#soft14)">
  <rect x="60" y="40" width="250" height="430" rx="8" fill="#fdf6ea" opacity="0.75"/>
  <rect x="178" y="40" width="12" height="430" fill="#d8d2c8" opacity="0.8"/>
  <rect x="60" y="236" width="250" height="12" fill="#d8d2c8" opacity="0.8"/>
  <rect x="930" y="196" width="350" height="16" fill="#8b6f5a" opacity="0.75"/>
  <rect x="930" y="372" width="350" height="16" fill="#8b6f5a" opacity="0.75"/>
  <rect x="960" y="104" width="26" height="92" fill="#7d94a8"/><rect x="992" y="92" width="30" height="104" fill="#c7b29a"/>
  <rect x="1028" y="112" width="22" height="84" fill="#a5614f"/><rect x="1054" y="98" width="28" height="98" fill="#e4ded4"/>
  <rect x="1180" y="280" width="30" height="92" fill="#5f7d86"/><rect x="1216" y="270" width="34" height="102" fill="#d9c7a8"/>
  <ellipse cx="1030" cy="350" rx="34" ry="24" fill="#dcd7cf"/>
</g>
<circle cx="1190" cy="120" r="120" fill="url(#lamp)"/>
<g filter="url(#soft14)" opacity="0.85">
  <path d="M60 720 C40 600 0 560 -20 500 C60 520 96 600 100 720Z" fill="#5f8a6c"/>
  <path d="M90 720 C90 610 120 540 180 490 C190 570 160 660 140 720Z" fill="#7ba584"/>
  <path d="M120 720 C140 640 200 590 270 580 C250 650 200 700 170 720Z" fill="#6d9a78"/>
  <path d="M1003 330 C1000 290 985 262 962 250 C960 290 976 320 1010 335Z" fill="#6b9576"/>
  <path d="M1040 332 C1040 290 1056 262 1082 252 C1086 292 1070 320 1036 338Z" fill="#7ba584"/>
  <path d="M1020 332 C1012 280 1018 250 1030 228 C1044 262 1042 300 1034 336Z" fill="#5f8a6c"/>
</g>
<rect width="1280" height="720" fill="url(#vignette)"/>`;

const hairBehind = `
<path d="M640 84 C540 78 484 150 480 250 C478 340 470 420 462 500 C458 540 470 570 500 574 L600 560 L680 560 L784 574 C812 570 824 540 820 500 C810 420 804 340 802 250 C798 150 740 78 640 84Z" fill="url(#hairDeep)"/>`;

const body = `
<path d="M640 800 L222 800 C226 690 262 622 352 590 C440 560 520 548 566 520 L714 520 C760 548 840 560 928 590 C1018 622 1054 690 1058 800Z" fill="url(#jacket)"/>
<path d="M566 522 C578 600 606 672 640 720 C674 672 702 600 714 522Z" fill="url(#blouse)"/>
<path d="M580 420 C582 470 578 500 560 522 C576 566 606 604 640 616 C674 604 704 566 720 522 C702 500 698 470 700 420Z" fill="url(#neckTone)"/>
<path d="M584 440 C600 476 680 476 696 440 L700 474 C672 506 608 506 580 474Z" fill="#a9694a" opacity="0.55" filter="url(#soft8)"/>
<path d="M600 556 C614 566 628 572 636 584 M680 556 C666 566 652 572 644 584" stroke="#c98d6c" stroke-width="4" fill="none" stroke-linecap="round" opacity="0.6" filter="url(#soft2)"/>
<path d="M560 522 C552 536 548 546 548 560 C566 604 596 652 640 700 C622 660 612 628 600 604 C584 580 570 552 560 522Z" fill="#f4efe9"/>
<path d="M720 522 C728 536 732 546 732 560 C714 604 684 652 640 700 C658 660 668 628 680 604 C696 580 710 552 720 522Z" fill="#e6dfd7"/>
<path d="M556 518 C520 542 500 552 478 562 C486 600 492 616 500 634 L530 630 L520 652 C560 690 600 712 632 728 C600 670 566 600 556 518Z" fill="url(#lapel)"/>
<path d="M724 518 C760 542 780 552 802 562 C794 600 788 616 780 634 L750 630 L760 652 C720 690 680 712 648 728 C680 670 714 600 724 518Z" fill="url(#lapel)"/>
<path d="M500 634 L530 630 L520 652 M780 634 L750 630 L760 652" stroke="#1d3049" stroke-width="3" fill="none" opacity="0.6"/>
<path d="M632 728 C600 670 566 600 556 518 M648 728 C680 670 714 600 724 518" stroke="#1d3049" stroke-width="4" fill="none" opacity="0.35"/>
<path d="M352 592 C330 640 322 690 322 720 M928 592 C950 640 958 690 958 720" stroke="#1a2c44" stroke-width="5" fill="none" opacity="0.45" filter="url(#soft4)"/>`;

const facePath = (drop: number) =>
  `M522 240 C519 306 528 352 554 ${394 + drop * 0.3} C577 ${428 + drop * 0.85} 606 ${449 + drop} 640 ${449 + drop} C674 ${449 + drop} 703 ${428 + drop * 0.85} 726 ${394 + drop * 0.3} C752 352 761 306 758 240 C756 158 712 116 640 116 C568 116 524 158 522 240Z`;

const skin = (drop: number) => `
<ellipse cx="521" cy="304" rx="11" ry="28" fill="#dfa381"/><ellipse cx="757" cy="306" rx="10" ry="27" fill="#d19070"/>
<circle cx="519" cy="336" r="5.5" fill="#e8d3a2"/><circle cx="759" cy="336" r="5.5" fill="#e0c68f"/>
<path d="${facePath(drop)}" fill="url(#skinTone)"/>
<path d="M690 130 C770 160 770 330 722 398 C700 430 676 ${446 + drop} 640 ${449 + drop} C690 400 712 300 690 130Z" fill="url(#sideShade)" filter="url(#soft8)"/>
<ellipse cx="610" cy="190" rx="90" ry="56" fill="url(#glow)" opacity="0.6"/>
<ellipse cx="567" cy="338" rx="46" ry="34" fill="url(#blush)"/><ellipse cx="713" cy="338" rx="42" ry="32" fill="url(#blush)" opacity="0.75"/>
<ellipse cx="562" cy="318" rx="26" ry="14" fill="url(#glow)" opacity="0.7"/>
<ellipse cx="640" cy="${430 + drop}" rx="26" ry="10" fill="url(#glow)" opacity="0.7"/>`;

const nose = `
<path d="M627 262 C622 292 620 312 616 328" stroke="#d79c79" stroke-width="5" fill="none" stroke-linecap="round" opacity="0.5" filter="url(#soft2)"/>
<path d="M645 250 C648 284 650 310 650 326" stroke="#fff1e2" stroke-width="9" fill="none" stroke-linecap="round" opacity="0.55" filter="url(#soft4)"/>
<ellipse cx="643" cy="331" rx="13" ry="10" fill="url(#glow)"/>
<path d="M612 336 C610 344 617 349 624 346 C631 352 649 352 656 346 C663 349 670 344 668 336" stroke="#b9775a" stroke-width="3.4" fill="none" stroke-linecap="round" opacity="0.85"/>
<path d="M618 345 C622 342 628 343 630 347Z M662 345 C658 342 652 343 650 347Z" fill="#96563f" opacity="0.8"/>
<path d="M628 359 C632 364 634 367 634 370 M652 359 C648 364 646 367 646 370" stroke="#cf9272" stroke-width="3" fill="none" opacity="0.4" filter="url(#soft2)"/>`;

/** `side` -1 is the left of the picture, 1 the right; the outer corner lies on that side. */
function eye(cx: number, side: number, eyes: Eyes): string {
  const lid = { open: 0, half: 9, shut: 19 }[eyes];
  const x = (offset: number) => cx + side * offset;
  const top = 264 + lid;
  const upper = `C${x(-16)} ${top - 1} ${x(10)} ${top - 3} ${x(30)} ${276 + lid * 0.42}`;
  const crease = `<path d="M${x(-27)} ${277 - 5} C${x(-14)} ${256 + lid * 0.2} ${x(12)} ${254 + lid * 0.2} ${x(33)} ${269 + lid * 0.1}" stroke="#a8684c" stroke-width="2.6" fill="none" stroke-linecap="round" opacity="0.65"/>`;
  const lidSkin = `<path d="M${x(-29)} 284 C${x(-14)} 256 ${x(12)} 254 ${x(32)} 272 L${x(30)} 282 Q${cx} 292 ${x(-29)} 284Z" fill="#e3ac8c" opacity="0.55" filter="url(#soft2)"/>`;
  const lashes = `<path d="M${x(-29)} 285 ${upper} L${x(37)} ${270 + lid * 0.5} C${x(30)} ${272 + lid * 0.5} ${x(12)} ${top - 8} ${x(-4)} ${top - 5} C${x(-16)} ${top - 3} ${x(-24)} ${274 + lid * 0.5} ${x(-29)} 285Z" fill="#2a1712"/>`;
  if (eyes === 'shut')
    return `${lidSkin}${crease}<path d="M${x(-29)} 284 Q${x(2)} 296 ${x(32)} 282" stroke="#2a1712" stroke-width="5.5" fill="none" stroke-linecap="round"/>
<path d="M${x(18)} 290 l${side * 6} 5 M${x(26)} 287 l${side * 7} 4" stroke="#2a1712" stroke-width="2.6" stroke-linecap="round"/>`;
  const opening = `M${x(-29)} 285 ${upper} C${x(20)} 293 ${x(-12)} 297 ${x(-29)} 285Z`;
  const clip = `eye${side < 0 ? 'L' : 'R'}`;
  return `${lidSkin}<clipPath id="${clip}"><path d="${opening}"/></clipPath>
<path d="${opening}" fill="url(#eyeWhite)"/>
<g clip-path="url(#${clip})"><circle cx="${cx}" cy="278" r="14.5" fill="url(#iris)"/><circle cx="${cx}" cy="278" r="6.6" fill="#160b07"/>
<circle cx="${cx - 5}" cy="272.5" r="4.2" fill="#fff"/><circle cx="${cx + 5}" cy="284" r="2" fill="#fff" opacity="0.7"/>
<path d="M${x(-29)} ${274 + lid} ${upper} L${x(30)} ${268 + lid} L${x(-29)} ${264 + lid}Z" fill="#3a2018" opacity="0.35" transform="translate(0 4)"/></g>
<path d="M${x(-26)} 287 C${x(-10)} 296 ${x(18)} 292 ${x(30)} 277" stroke="#9a5f47" stroke-width="1.8" fill="none" opacity="0.7"/>
${lashes}${crease}`;
}

function brow(cx: number, side: number): string {
  const x = (offset: number) => cx + side * offset;
  return `<path d="M${x(-31)} 249 C${x(-30)} 244 ${x(-24)} 242 ${x(-18)} 240 C${x(2)} 232 ${x(24)} 233 ${x(44)} 248 C${x(24)} 240 ${x(4)} 241 ${x(-16)} 249 C${x(-23)} 252 ${x(-31)} 254 ${x(-31)} 249Z" fill="#54331f" opacity="0.85" filter="url(#soft1)"/>`;
}

const hairInFront = `
<path d="M606 118 C634 150 668 178 712 194 C742 208 754 226 760 260 L757 288 C748 250 726 230 700 218 C652 198 624 168 606 118Z" fill="#9c5a3a" opacity="0.45" filter="url(#soft4)"/>
<path d="M612 118 C588 134 568 158 554 190 C542 222 528 254 523 294 L531 294 C540 250 556 210 576 180 C590 160 602 142 612 118Z" fill="#9c5a3a" opacity="0.4" filter="url(#soft4)"/>
<path d="M616 112 C588 130 564 154 550 188 C538 220 526 252 520 292 C514 330 520 360 517 396 C513 436 496 458 499 494 C502 524 516 544 510 574 C504 602 472 622 426 610 C442 604 448 594 442 576 C432 548 432 524 442 500 C452 478 458 462 458 440 C459 406 447 386 451 346 C456 296 461 236 484 182 C510 122 560 76 632 74 C648 82 640 96 616 112Z" fill="url(#hair)"/>
<path d="M604 114 C632 144 666 172 712 188 C742 202 754 222 760 258 C766 298 758 336 764 384 C769 424 788 446 784 488 C780 520 764 544 770 574 C777 602 808 622 854 608 C838 602 832 592 838 574 C848 546 848 522 838 498 C828 476 822 462 822 440 C822 406 835 384 829 340 C823 290 819 232 793 176 C763 112 700 64 624 74 C604 82 596 96 604 114Z" fill="url(#hair)"/>
<path d="M604 114 C606 104 612 92 626 84" stroke="#28140e" stroke-width="3" fill="none" stroke-linecap="round" opacity="0.5" filter="url(#soft1)"/>
<g fill="none" stroke-linecap="round">
<path d="M646 92 C704 96 752 134 774 196 C788 246 786 296 794 346" stroke="#a06c4a" stroke-width="14" opacity="0.42" filter="url(#soft4)"/>
<path d="M592 102 C538 138 506 190 496 256 C490 300 486 340 484 384" stroke="#a06c4a" stroke-width="12" opacity="0.42" filter="url(#soft4)"/>
<path d="M806 400 C804 440 820 480 820 536 M476 450 C470 490 456 516 458 552" stroke="#a06c4a" stroke-width="11" opacity="0.34" filter="url(#soft4)"/>
<path d="M626 86 C676 112 734 142 762 206 M640 82 C700 88 764 124 790 200 M778 300 C780 360 776 390 784 420 C792 450 804 476 804 512 C804 544 800 566 816 592" stroke="#28140e" stroke-width="3.5" opacity="0.34" filter="url(#soft2)"/>
<path d="M604 96 C560 132 522 190 512 262 M470 300 C464 350 474 400 472 444 C470 480 450 510 452 546 M506 300 C498 360 504 400 492 436 C480 470 474 500 480 536 C484 562 478 582 462 596" stroke="#28140e" stroke-width="3.5" opacity="0.34" filter="url(#soft2)"/>
</g>`;
