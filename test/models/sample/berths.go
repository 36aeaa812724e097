// Package berths gives the ships that wait off a small harbour a place at its quays.
package berths

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// Draught is how deep a hull lies in the water, in centimetres.
type Draught int

// Quay is a stretch of wall where ships make fast.
type Quay struct {
	Name   string
	Metres float64
	// Silt grows until the dredger comes.
	Silt   Draught
	Depth  Draught
	moored []*Ship
}

// Ship waits, or lies at a quay.
type Ship struct {
	Name       string
	Metres     float64
	Draught    Draught
	Arrived    time.Time
	Perishable bool
}

// ErrAground says that no tide of the day lifts the ship over the bar.
var ErrAground = errors.New("too deep for any tide today")

const (
	underKeel   Draught = 45
	fenderSpace         = 3.5
	barDepth    Draught = 610
)

// room is the wall that is left, with a fender at either end of every ship.
func (q *Quay) room() float64 {
	left := q.Metres
	for _, ship := range q.moored {
		left -= ship.Metres + 2*fenderSpace
	}
	return left
}

func (q *Quay) takes(ship *Ship, tide Draught) bool {
	water := q.Depth - q.Silt + tide
	return water >= ship.Draught+underKeel && q.room() >= ship.Metres+2*fenderSpace
}

// Berth moors the ship at the tightest quay that takes it, so that long walls stay free for long ships.
func Berth(quays []*Quay, ship *Ship, tides []Draught) (*Quay, error) {
	tide := highest(tides)
	if barDepth+tide < ship.Draught+underKeel {
		return nil, fmt.Errorf("%s: %w", ship.Name, ErrAground)
	}
	sort.Slice(quays, func(i, j int) bool {
		return quays[i].room() < quays[j].room()
	})
	for _, quay := range quays {
		if quay.takes(ship, tide) {
			quay.moored = append(quay.moored, ship)
			return quay, nil
		}
	}
	return nil, nil
}

// Queue orders what waits: melons before marble, then who came first.
func Queue(ships []*Ship) {
	sort.SliceStable(ships, func(i, j int) bool {
		a, b := ships[i], ships[j]
		if a.Perishable != b.Perishable {
			return a.Perishable
		}
		return a.Arrived.Before(b.Arrived)
	})
}

func highest(tides []Draught) Draught {
	best := Draught(0)
	for _, tide := range tides {
		best = max(best, tide)
	}
	return best
}

// Leave casts off; a ship that is not here is no mistake of the harbour's.
func (q *Quay) Leave(name string) *Ship {
	for i, ship := range q.moored {
		if ship.Name == name {
			q.moored = append(q.moored[:i], q.moored[i+1:]...)
			return ship
		}
	}
	return nil
}
