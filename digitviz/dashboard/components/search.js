// Finds questions by their words: by whole words, by how they begin, and by words with nearly the same pairs of letters, such as a
// misspelt one or another form. Chinese has no spaces, so each pair of neighbouring characters counts as a word.

const WORDS = /\p{Script=Han}+|[[\p{L}\p{N}.%]--\p{Script=Han}]*[[\p{L}\p{N}%]--\p{Script=Han}]/gv;
const HAN = /\p{Script=Han}/u;
const [SHORT, ALIKE] = [4, 0.5]; // least letters of a word with typing errors, and least share of its pairs
const MIN_SHARE = 0.4; // of the best score
const LITTLE = 0.03; // weight of a word that says little about what is asked
export function wordsOf(text) {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return (plain.match(WORDS) ?? []).flatMap((word) => {
    const letters = [...word];
    if (!HAN.test(word) || letters.length === 1) return [word];
    return letters.slice(1).map((letter, at) => letters[at] + letter);
  });
}

// The letters of a word by pairs, with those at both ends.
const pairsOf = (word) => Array.from({ length: word.length + 1 }, (_, at) => ` ${word} `.slice(at, at + 2));

// How well a word of a question fits a typed word, 0 to 1: by its beginning, or by the pairs of letters that they share.
function fit(typed, word) {
  if (typed === word) return 1;
  if (HAN.test(typed)) return typed.length === 1 && word.includes(typed) ? 0.7 : 0;
  if (typed.length > 1 && word.startsWith(typed)) return 0.8;
  if (typed.length < SHORT) return 0;
  const [mine, own] = [pairsOf(typed), pairsOf(word)];
  const share = (2 * mine.filter((pair) => own.includes(pair)).length) / (mine.length + own.length);
  return share < ALIKE ? 0 : 0.8 * share ** 2;
}

// True if a question has most of the words of a text, except those that say `little`. In Chinese, half of the pairs span two
// words.
export function fits({ text: own, words }, text, little) {
  const bag = [...wordsOf(own), ...wordsOf(words)];
  const said = wordsOf(text).filter((word) => !little.includes(word));
  const known = said.filter((one) => bag.some((word) => fit(one, word)));
  return !said.length || known.length > said.length / (HAN.test(text) ? 3 : 2);
}

// The questions that have the words of a text, best first. All of them for an empty text. Words that say `little` about what
// is asked hardly count.
export function search(questions, text, little) {
  const typed = wordsOf(text);
  if (!typed.length) return questions;
  const bags = questions.map(({ text: own, words }) => [wordsOf(own), wordsOf(words)]);
  const frequency = new Map();
  for (const bag of bags) for (const word of new Set(bag.flat())) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const rarity = (word, typed) => Math.log(1 + questions.length / Math.max(frequency.get(word), frequency.get(typed) ?? 0));
  const points = (one) => new Map([...frequency.keys()].map((word) => [word, fit(one, word) * rarity(word, one)]));
  const fitting = new Map(typed.map((one) => [one, points(one)])); // each word once, not once for each question
  const tell = (words) => words.filter((word) => !little.includes(word));
  const [vague, telling] = [typed.filter((word) => little.includes(word)), tell(typed)];
  const scores = bags.map(([own, further], at) => {
    const best = (one, words, weight) => Math.max(0, ...words.map((word) => weight * fitting.get(one).get(word)));
    const sum = (words) => words.reduce((all, one) => all + Math.max(best(one, own, 1), best(one, further, 0.9)), 0);
    const [said, besides] = [sum(telling), LITTLE * sum(vague)];
    if (!(telling.length ? said : besides)) return 0;
    const sameLength = 0.3 / (1 + Math.abs(tell(own).length - telling.length));
    const isMeaning = !vague.length && questions[at].id.startsWith("word_"); // a word alone asks for more than its meaning
    return (said + besides + sameLength) * (isMeaning ? 0.8 : 1);
  });
  const least = MIN_SHARE * Math.max(...scores);
  return questions
    .map((question, at) => ({ question, score: scores[at] }))
    .filter(({ score }) => score > 0 && score >= least)
    .sort((one, other) => other.score - one.score)
    .map(({ question }) => question);
}
