/// The words of captions that may stand for each other, by part of speech; written by hand for this package.
///
/// A line is a part of speech and a set of words. The first word is the plain one: x′ takes it for the others, x″ takes
/// another for it. `man/men` gives a plural, `run/runs/running/ran` the forms of a verb, where the rules of spelling
/// do not; an underscore is a blank. A word with `+` is taken for others and never given up: it means other things
/// too. `verb-i` holds where no object follows, `verb-t` where one does.
///
/// WordNet's own synonym sets are not used: they do not say which sense is meant, so that a dog would become a heel.
enum WordSets {
  /// Raised whenever the words or the rules change, so that lines tell what made them.
  static let version = "1"

  static let text = """
    noun man/men guy gentleman/gentlemen
    noun woman/women lady
    noun boy lad
    noun girl lass
    noun child/children kid youngster
    noun baby infant
    noun person/people individual
    noun toddler small_child/small_children
    noun teenager teen adolescent
    noun adult grown-up
    noun friend companion pal buddy
    noun crowd throng
    noun group bunch
    noun couple pair
    noun dog canine hound
    noun puppy pup young_dog
    noun cat feline
    noun kitten young_cat
    noun horse steed
    noun bike bicycle
    noun motorcycle motorbike
    noun car automobile
    noun boat vessel
    noun plane airplane
    noun road roadway
    noun sidewalk footpath
    noun path trail
    noun hill hillside
    noun mountain peak
    noun ocean sea
    noun beach seashore shore
    noun creek brook
    noun rock stone+
    noun cliff bluff
    noun house dwelling
    noun building structure+
    noun store shop
    noun restaurant eatery
    noun couch sofa
    noun cup mug
    noun plate dish+
    noun photo picture photograph snapshot
    noun coat jacket
    noun t-shirt tee+
    noun pants/pants trousers/trousers
    noun sneaker trainer+
    noun sunglasses/sunglasses shades/shades+
    noun glasses/glasses eyeglasses/eyeglasses
    noun clothes/clothes garments/garments
    noun costume outfit+
    noun dress gown
    noun swimsuit bathing_suit
    noun backpack rucksack knapsack
    noun purse handbag
    noun bag sack
    noun branch bough
    noun toy plaything
    noun game match
    noun contest competition
    noun show performance
    noun cyclist bicyclist bike_rider
    noun biker motorcyclist
    noun skateboarder skater
    noun hiker trekker
    noun athlete competitor
    noun spectator onlooker
    noun worker laborer
    noun policeman/policemen police_officer
    noun doctor physician
    noun seller vendor merchant
    noun singer vocalist
    noun guitarist guitar_player
    noun drummer percussionist
    noun soldier trooper
    noun row line+
    noun pile heap
    noun edge border+
    noun sunset sundown
    noun dusk twilight
    noun town city
    noun garden yard
    noun backyard back_garden
    noun playground play_area
    noun fence barrier
    noun ramp incline
    noun obstacle hurdle
    noun sled toboggan sleigh
    noun phone telephone
    noun laptop notebook_computer
    noun newspaper paper+
    noun drink beverage
    noun microphone mic
    noun poster placard
    noun flag banner
    noun area zone
    noun place location
    noun background backdrop
    noun middle center
    noun mud muck
    noun trick stunt
    noun chat conversation
    noun party celebration
    noun parade procession
    noun groom bridegroom
    noun trash garbage rubbish
    noun forest woodland
    noun stairway staircase
    noun hallway corridor
    noun gift present+
    noun window windowpane
    noun cab taxi
    noun elephant pachyderm
    noun bunny rabbit
    noun lamb young_sheep/young_sheep
    verb-i run/runs/running/ran sprint dash
    verb-i jump leap bound
    verb-i walk stroll
    verb-i wander roam
    verb-i hike trek
    verb-i march parade+
    verb-i climb clamber
    verb-t climb scale
    verb-i look gaze stare
    verb-t watch observe
    verb-t hold/holds/holding/held grasp clutch grip/grips/gripping/gripped
    verb-t carry tote
    verb-i smile grin/grins/grinning/grinned beam
    verb-i laugh chuckle giggle
    verb-i talk chat/chats/chatting/chatted converse
    verb-i shout yell
    verb-i scream shriek
    verb-i cry weep/weeps/weeping/wept
    verb-t throw/throws/throwing/threw toss hurl fling/flings/flinging/flung
    verb-t catch/catches/catching/caught snag/snags/snagging/snagged
    verb-t hit/hits/hitting/hit strike/strikes/striking/struck+
    verb-t pull drag/drags/dragging/dragged tug/tugs/tugging/tugged
    verb-t push shove
    verb-t lift raise hoist
    verb-i point gesture
    verb-t eat/eats/eating/ate consume
    verb-i eat/eats/eating/ate dine
    verb-t drink/drinks/drinking/drank sip/sips/sipping/sipped
    verb-t chew gnaw
    verb-t bite/bites/biting/bit nip/nips/nipping/nipped
    verb-t sniff smell+
    verb-t chase pursue
    verb-t follow trail+
    verb-i lie/lies/lying/lay recline
    verb-i sleep/sleeps/sleeping/slept nap/naps/napping/napped slumber doze
    verb-i rest relax lounge
    verb-i crouch squat/squats/squatting/squatted
    verb-i dive plunge
    verb-i fall/falls/falling/fell tumble
    verb-i slide/slides/sliding/slid glide
    verb-i fly/flies/flying/flew soar
    verb-i travel journey+
    verb-t cross traverse
    verb-t leave/leaves/leaving/left exit
    verb-i gather assemble congregate
    verb-t hug/hugs/hugging/hugged embrace
    verb-t pet/pets/petting/petted pat/pats/patting/patted stroke+
    verb-t wash clean+
    verb-t cook prepare+
    verb-t build/builds/building/built construct
    verb-t cut/cuts/cutting/cut slice
    verb-i dig/digs/digging/dug burrow
    verb-t fix repair mend
    verb-t draw/draws/drawing/drew sketch
    verb-t examine inspect
    verb-t show display exhibit
    verb-i try attempt
    verb-i begin/begins/beginning/began start
    verb-t grab/grabs/grabbing/grabbed seize snatch
    verb-i wrestle grapple tussle
    verb-i compete vie/vies/vying/vied
    verb-i crawl creep/creeps/creeping/crept
    verb-i float drift
    verb-t surround encircle
    verb-i hide/hides/hiding/hid lurk+
    verb-t buy/buys/buying/bought purchase
    verb-t choose/chooses/choosing/chose pick select
    verb-t decorate adorn
    verb-t explore investigate
    verb-t wear/wears/wearing/wore sport+
    verb-t enjoy relish
    verb-i dance sway+
    verb-i argue quarrel
    verb-i spin/spins/spinning/spun twirl
    verb-t attach fasten
    verb-t gather collect
    verb-t hurdle vault
    adjective big large
    adjective small little tiny
    adjective huge enormous massive gigantic
    adjective young youthful
    adjective elderly aged
    adjective beautiful lovely gorgeous
    adjective happy cheerful joyful
    adjective sad unhappy
    adjective funny amusing
    adjective colorful multicolored vibrant
    adjective beige tan
    adjective empty deserted vacant
    adjective busy bustling
    adjective wet soaked
    adjective dirty grimy filthy
    adjective muddy mud-covered
    adjective snowy snow-covered
    adjective grassy grass-covered
    adjective sandy sand-covered
    adjective rocky stony craggy
    adjective steep sheer
    adjective furry fluffy shaggy
    adjective various assorted
    adjective many numerous
    adjective several multiple
    adjective fast quick speedy
    adjective calm placid
    adjective purple violet
    adjective plaid checkered
    adjective spotted speckled
    adjective bald hairless
    adjective shirtless bare-chested
    adjective barefoot shoeless
    adjective fancy elegant
    adjective nice pleasant
    adjective sunny sunlit
    adjective wooden timber
    adjective metal metallic
    adjective gray grey
    adjective crowded packed
    adjective tired weary
    adjective strange odd peculiar
    adjective loud noisy
    adjective quiet silent
    adjective broken damaged
    adjective delicious tasty
    adjective messy untidy
    adjective thin slender slim
    adjective strong powerful
    adjective scared frightened
    adjective ancient age-old
    adjective long lengthy
    adjective shiny gleaming
    adverb quickly rapidly swiftly
    adverb happily cheerfully joyfully
    adverb slowly unhurriedly
    adverb outside outdoors
    adverb inside indoors
    adverb nearby close_by
    adverb intently attentively
    adverb carefully cautiously
    adverb excitedly eagerly
    adverb quietly silently
    adverb loudly noisily
    adverb gently softly
    adverb playfully frolicsomely
    preposition next_to beside alongside
    preposition near close_to
    preposition on_top_of atop
    preposition under beneath underneath
    preposition in_the_middle_of amid
    preposition toward towards
    preposition a_lot_of lots_of plenty_of
    preposition along_with together_with
    preposition at_the_side_of by_the_side_of
    """
}
