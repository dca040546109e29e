"""Prints, as JSON, the states with which ipywidgets opens its controls, and how it takes bytes out of a state."""

import json

import anywidget
import ipywidgets as w
from ipywidgets.widgets.widget import _remove_buffers

options = {"small": 64, "large": 224}
controls = {
    "intSlider": w.IntSlider(),
    "floatSlider": w.FloatSlider(),
    "play": w.Play(),
    "progress": w.FloatProgress(),
    "checkbox": w.Checkbox(),
    "text": w.Text(),
    "label": w.Label(),
    "html": w.HTML(),
    "button": w.Button(),
    "dropdown": w.Dropdown(options=options),
    "toggleButtons": w.ToggleButtons(options=options, value=224),
    "hbox": w.HBox(),
    "vbox": w.VBox(),
    "output": w.Output(),
    "widget": anywidget.AnyWidget(),
}
given = w.IntSlider(value=7, min=-3, max=9, description="size", readout_format=".3s", continuous_update=False)
looks = {
    "layout": w.Layout(width="50%", min_height="3px", justify_content="center"),
    "slider": w.IntSlider(style={"handle_color": "red", "description_width": "initial"}).style,
    "button": w.Button(style={"button_color": "blue"}).style,
}
slider = w.IntSlider()
link = w.jslink((given, "value"), (slider, "value"))

state = {"plain": [0, "text", None], "x": {"ar": b"ab"}, "y": [b"c", {"z": b""}, [b"d", 1]], "w": b"e"}
packed, paths, buffers = _remove_buffers(state)
print(
    json.dumps(
        {
            "controls": {name: control.get_state() for name, control in controls.items()},
            "given": given.get_state(),
            "looks": {name: look.get_state() for name, look in looks.items()},
            "link": link.get_state(),
            "packed": [packed, paths, [buffer.hex() for buffer in buffers]],
        }
    )
)
